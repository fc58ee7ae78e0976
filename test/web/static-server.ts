import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { contentSecurityPolicy, type WebConfig } from "#scripts/web/web-config.ts";

const types: Record<string, string> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".json": "application/json",
	".webmanifest": "application/manifest+json",
	".svg": "image/svg+xml",
	".png": "image/png",
	".woff2": "font/woff2",
};

export interface StaticServer {
	url: string;
	close(): Promise<void>;
}

/** Serves a built web app as the hosting does: the shell for every path without a file, config.json, the same headers. */
export async function serveStatic(
	folder: string,
	config: WebConfig,
	bucketOrigin: string,
	port = 0,
): Promise<StaticServer> {
	const root = path.resolve(folder);
	const headers = {
		"content-security-policy": contentSecurityPolicy(config, bucketOrigin),
		"x-content-type-options": "nosniff",
		"referrer-policy": "no-referrer",
		"cache-control": "no-cache",
	};
	const server = createServer(async (request, response) => {
		const { pathname } = new URL(request.url ?? "/", "http://localhost");
		const send = (type: string, body: string | Buffer) =>
			response.writeHead(200, { ...headers, "content-type": type }).end(body);
		if (pathname === "/config.json") return send("application/json", JSON.stringify(config));
		const file = path.join(root, path.normalize(pathname));
		const type = types[path.extname(file)];
		try {
			if (type && file.startsWith(root)) return send(type, await readFile(file));
			send("text/html; charset=utf-8", await readFile(path.join(root, "index.html")));
		} catch {
			response.writeHead(404, headers).end();
		}
	});
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	const address = server.address() as { port: number };
	return {
		url: `http://127.0.0.1:${address.port}`,
		close: () =>
			new Promise((resolve) => {
				server.closeAllConnections();
				server.close(() => resolve());
			}),
	};
}
