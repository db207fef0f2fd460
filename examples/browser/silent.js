// Passes the answer of the issuer on to the page, and to no other origin.

parent.postMessage(location.search, location.origin);
