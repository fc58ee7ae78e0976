/**
 * Headers of every answer that has no others of its own. An answer is data for the client that asked: a browser may
 * not guess its type, show it in a frame, run or load anything for it, or tell others its address.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
	"x-content-type-options": "nosniff",
	"content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"referrer-policy": "no-referrer",
	"strict-transport-security": "max-age=63072000; includeSubDomains",
	"cross-origin-resource-policy": "same-origin",
	"cross-origin-opener-policy": "same-origin",
	"permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"x-frame-options": "DENY",
};
