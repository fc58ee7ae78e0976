import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { MadeArchive } from "./archives.ts";

/** An API with one export, and the storage of its parts, which sends some bytes at a time. */
export async function exportService(archive: MadeArchive, { chunk = 1 << 20, afterMs = 0 } = {}) {
	const state = { started: 0, polled: 0, running: false, expired: false, sent: new Map<string, number>() };
	const server = createServer(async (request, response) => {
		const { pathname, searchParams } = new URL(request.url ?? "", url());
		const answer = (status: number, body: unknown, headers = {}) =>
			response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
		const job = (done: boolean) => ({
			id: "job-1",
			state: done ? "done" : "running",
			total: 3,
			done: done ? 3 : 1,
			failed: 0,
			result_url: done ? `${url()}/storage/manifest.json` : null,
			error: null,
		});
		if (pathname === "/account/export") {
			state.started++;
			if (!state.running) return answer(202, job(false));
			return answer(409, { code: "export_running", detail: "It runs." }, { location: "/jobs/job-1" });
		}
		if (pathname === "/jobs/job-1") return answer(200, job(++state.polled > 1));
		if (pathname === "/jobs/job-1/parts") {
			if (state.expired) return answer(410, { code: "export_expired", detail: "It is gone." });
			const { name } = archive.parts[Number(searchParams.get("offset") ?? 0)] ?? { name: "" };
			return answer(200, { parts: [{ name, url: `${url()}/storage/${name}` }], total: archive.parts.length });
		}
		const name = pathname.replace("/storage/", "");
		if (name === "manifest.json") return answer(200, archive.manifest);
		const bytes = archive.parts.find((part) => part.name === name)?.bytes ?? new Uint8Array();
		const [, from = "0", to = ""] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
		response.writeHead(206);
		for (let at = Number(from); at <= Number(to) && !response.destroyed; at += chunk) {
			const part = bytes.subarray(at, Math.min(at + chunk, Number(to) + 1));
			state.sent.set(name, (state.sent.get(name) ?? 0) + part.length);
			response.write(part);
			if (afterMs) await new Promise((next) => setTimeout(next, afterMs));
		}
		response.end();
	});
	const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		state,
		url: url(),
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
