/* SPDX-License-Identifier: GPL-2.0-only */
/* protocols.h: numbers that the headers of the C library or of the kernel do not name. */
#ifndef INTERDICT_BPF_PARSE_PROTOCOLS_H
#define INTERDICT_BPF_PARSE_PROTOCOLS_H

#include "maps/types.h"

#define PORT_DNS 53
#define PORT_GTPU 2152	      /* 3GPP TS 29.281 section 4.4.2 */
#define PORT_VXLAN 4789	      /* RFC 7348 section 5 */
#define PORT_VXLAN_LINUX 8472 /* the kernel's older default */
#define PORT_GENEVE 6081      /* RFC 8926 section 3.3 */

#define PPP_IPV4 0x0021 /* RFC 1332 */
#define PPP_IPV6 0x0057 /* RFC 5072 */

INTERDICT_INLINE int is_tunnel_port(__u32 port)
{
	return port == PORT_GTPU || port == PORT_VXLAN || port == PORT_VXLAN_LINUX || port == PORT_GENEVE;
}

#endif
