import { type Received, stubServer } from "../../client/test/stub-server.ts";
import { tokenOf } from "./command.ts";

/** Starts a service on a port of its own. */
export async function serving() {
	const service = new Service();
	const server = await stubServer((request) => service.answer(request));
	service.url = server.url;
	return { service, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** An API, its storage and its user pool: an item is pending until its bytes are stored. */
export class Service {
	readonly stored = new Map<string, number>();
	/** How often each item got tags, or came into an album. */
	readonly changes = new Map<string, number>();
	readonly #items = new Map<string, string>();
	tokens = 1;
	/** Refuses every token but the newest. */
	url = "";

	answer({ method, path: route, headers, body }: Received) {
		if (headers["x-amz-target"]) return this.#cognito(String(headers["x-amz-target"]));
		if (route === "/storage") {
			const id = /name="key"\r\n\r\n(\S+)\r\n/.exec(body)?.[1] ?? "";
			this.stored.set(id, (this.stored.get(id) ?? 0) + 1);
			return { status: 204 };
		}
		const { n } = JSON.parse(Buffer.from(headers.authorization?.split(".")[1] ?? "", "base64url").toString());
		if (n !== this.tokens) return { status: 401, body: { message: "Unauthorized" } };
		if (method === "POST" && route === "/uploads") {
			const { files: announced } = JSON.parse(body) as { files: { sha256: string; filename: string }[] };
			return { status: 201, body: { uploads: announced.map(({ sha256 }) => this.#announce(sha256)) } };
		}
		if (route.startsWith("/albums")) {
			return { body: method === "POST" ? { id: "album-1" } : { albums: [] } };
		}
		if (route === "/items/batch") {
			const { ids } = JSON.parse(body) as { ids: string[] };
			for (const id of ids) this.changes.set(id, (this.changes.get(id) ?? 0) + 1);
			return { body: { done: ids.length, failed: [] } };
		}
		if (method === "GET" && route.startsWith("/items?")) {
			const ids = new URL(route, this.url).searchParams.getAll("ids").flatMap((list) => list.split(","));
			return { body: { items: ids.map((id) => ({ id, status: this.stored.has(id) ? "processed" : "pending" })) } };
		}
		return { status: 404, body: { code: "not_found", detail: `There is no ${route}.` } };
	}

	#announce(sha256: string) {
		const id = this.#items.get(sha256) ?? `item-${this.#items.size}`;
		this.#items.set(sha256, id);
		return this.stored.has(id)
			? { id }
			: { item_id: id, url: `${this.url}/storage`, fields: { key: id }, expires_at: "" };
	}

	#cognito(target: string) {
		if (target.endsWith("RevokeToken")) return { body: {} };
		this.tokens++;
		return {
			body: {
				AuthenticationResult: {
					IdToken: tokenOf({ n: this.tokens }),
					RefreshToken: `r${this.tokens}`,
					ExpiresIn: 3_600,
				},
			},
		};
	}
}
