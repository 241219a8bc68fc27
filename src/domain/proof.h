/* Proof of work: a browser has worked for half a second or so before its form is taken, which a person does not notice and who
 * sends thousands of forms does. Pure, any thread.
 *
 * The proof is a number n such that SHA-256(SHA-256(stamp "\n" email) n) begins with PROOF_BITS zeros, n being decimal
 * digits. It is good for one page (domain/stamp.h) and one e-mail address, who joins once, so none need be kept. */
#ifndef DOMAIN_PROOF_H
#define DOMAIN_PROOF_H

#include "base/str.h"

enum { PROOF_BITS = 16 };

bool proof_is_good(Str stamp, Str email, Str proof);

#endif
