// A process that refuses as the API does, and does nothing else: what an attack costs by its client alone.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const refusal = JSON.stringify({
	type: "urn:collections:problem:rate_limited",
	title: "Too many requests",
	status: 429,
	detail: "You may send 300 requests of the class read a minute, and sent more: send this one again in 1 second.",
	code: "rate_limited",
	instance: "urn:request:00000000-0000-4000-8000-000000000000",
});

const server = createServer((request, response) => {
	request.resume();
	request.once("end", () => {
		// What begins an attack is accepted, and its floods are refused.
		const form = request.url === "/uploads" && { url: `${address()}/form`, fields: {} };
		const isAccepted = request.method === "POST" && ["/uploads", "/items", "/form"].includes(request.url ?? "");
		response.writeHead(isAccepted ? 201 : 429, { "content-type": "application/json", "retry-after": "1" });
		response.end(isAccepted ? JSON.stringify(form || {}) : refusal);
	});
});
const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
server.listen(0, "127.0.0.1", () => process.send?.(address()));
process.once("disconnect", () => process.exit());
