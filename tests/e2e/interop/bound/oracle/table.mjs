// The disagreements with oauth4webapi's check, and why each is intended. A disagreement that no row
// explains fails the run, and so does a row that explains none.
//
// Each row has:
// - rule: its subject;
// - accepts: the side that accepts, `oracle` or `ours` (this crate);
// - error: the error of the challenge, if this crate rejects;
// - when: the condition, over the request: { family, name, header, claims, cnf, token, proof, now,
//   repeated };
// - why: the reason.

export const TABLE = [
];

/** Returns the row that explains the disagreement, if there is one. */
export function explain(request, ours) {
  const accepts = ours.accepted ? 'ours' : 'oracle';
  const candidates = TABLE.filter((row) => row.accepts === accepts && (ours.accepted || row.error === ours.error));
  return candidates.find((row) => row.when(request));
}
