// SPDX-License-Identifier: Apache-2.0
//
// tables.h: orders for reading: a line for each target, and notices for a public collection.
#pragma once

#include <string>

#include "evidence/output.h"
#include "evidence/selection.h"

namespace interdict::evidence {

// RFC 4180, with a head line and CRLF; a line for each target in force and each exemption.
void write_csv(const Selection& selection, Output& out);

// An order file (docs/order-format.md) of what is in force: without held and expired targets.
void write_order_file(const Selection& selection, Output& out);

struct Publisher {
    std::string name;    // of the operator who carries the orders out and publishes this
    std::string country; // ISO 3166-1 alpha-2, may be empty
};

// A JSON list of bodies for POST /notices of the Lumen API, one for each order, without the token that its
// sender adds: type CourtOrder, and each named host as the URL of its front page, because the API knows only
// URLs. Addresses stand in the text.
void write_transparency(const Selection& selection, const Publisher& publisher, Output& out);

} // namespace interdict::evidence
