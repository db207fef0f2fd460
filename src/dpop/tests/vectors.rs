//! The examples of RFC 9449.

use http::Request;

use super::support::{reason, seconds, verifier};
use crate::dpop::{PresentedProof, ProofError, VerifiedProof};
use crate::request::RequestParts;

/// The thumbprint of §6.1.
const THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

/// The token and the proof of §7.1.
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const PROOF: &str = "\
    eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik\
    VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR\
    nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE\
    QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj\
    oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z\
    WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF\
    c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E\
    OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";

/// The proof for the token endpoint of §4.1, which has no `ath`.
const TOKEN_REQUEST: &str = "\
    eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik\
    VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR\
    nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE\
    QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIj\
    oiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwia\
    WF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg\
    4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

fn verify(proof: &str, token: &str, request: &Request<()>) -> Result<VerifiedProof, ProofError> {
    let presented = PresentedProof {
        proof: proof.as_bytes(),
        token: token.as_bytes(),
        thumbprint: THUMBPRINT,
        request: RequestParts::from(request),
    };
    verifier().verify(&presented, seconds(1_562_262_618))
}

#[test]
fn the_proof_of_section_7_1_is_accepted_for_its_request() {
    let request = Request::get("/protectedresource").header("host", "resource.example.org");
    let request = request.body(()).unwrap();
    assert!(verify(PROOF, TOKEN, &request).is_ok());
    let ath = reason(verify(PROOF, "another-token", &request));
    assert_eq!(ath, "ath is not the hash of the token");
    let request = Request::get("https://resource.example.org/other")
        .body(())
        .unwrap();
    assert!(reason(verify(PROOF, TOKEN, &request)).starts_with("htu differs"));
}

#[test]
fn the_proof_of_section_4_1_is_none_for_a_resource_server() {
    let request = Request::post("https://server.example.com/token")
        .body(())
        .unwrap();
    let reason = reason(verify(TOKEN_REQUEST, TOKEN, &request));
    assert!(reason.contains("ath is absent"), "{reason}");
}
