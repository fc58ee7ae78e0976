import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { closeServer } from "../../endpoint/close-server.ts";
import { decodeUri } from "../../endpoint/signature.ts";
import { AwsError } from "../../endpoint/types.ts";
import type { PortRegistry } from "../../ports.ts";
import type { Access } from "../iam/access.ts";
import { namesTag, storedHeaders } from "../s3/headers.ts";
import type { Buckets } from "../s3/store.ts";
import { type EdgeRequest, type EdgeResponse, runEdgeFunction } from "./edge-function.ts";

/** How a distribution answers paths of one pattern. */
export interface Behavior {
	/** With `*` and `?`; null for the default one. */
	pathPattern: string | null;
	bucket: string;
	/** The distribution signs its reads of the bucket. */
	signs: boolean;
	/** The cache policy keeps compressed copies, too. */
	compresses: boolean;
	/** Code of a CloudFront function that sees each request first. */
	viewerRequest: string | null;
	headers: Record<string, string>;
}

export interface DistributionSettings {
	id: string;
	defaultRootObject: string | null;
	/** In the order in which paths are compared; the default one is last. */
	behaviors: Behavior[];
}

/** A smaller answer is not compressed. */
const minCompressedBytes = 1_000;
const compressible = /^(text\/|application\/(javascript|json|manifest\+json|wasm|xml)|image\/svg\+xml)/;

/** Serves distributions, each on a port of its own that stays the same. Nothing is cached. */
export class Distributions {
	readonly #options: { ports: PortRegistry; buckets: Buckets; access: Access; account: string };
	readonly #servers: Server[] = [];
	/** Code of the published functions by ARN. */
	readonly functions = new Map<string, string>();
	/** Headers of the response headers policies by id. */
	readonly headers = new Map<string, Record<string, string>>();

	constructor(options: { ports: PortRegistry; buckets: Buckets; access: Access; account: string }) {
		this.#options = options;
	}

	/** Starts a distribution. @returns its domain name with its port */
	async serve(settings: DistributionSettings): Promise<string> {
		const server = createServer((request, response) => {
			this.#answer(settings, request, response).catch((error: Error) =>
				send(response, error instanceof AwsError ? error.status : 500, error.message),
			);
		});
		const port = await this.#options.ports.take(`cloudfront-${settings.id}`);
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject).listen(port, "127.0.0.1", resolve);
		});
		this.#servers.push(server);
		return `127.0.0.1:${(server.address() as AddressInfo).port}`;
	}

	async close(): Promise<void> {
		await Promise.all(this.#servers.map(closeServer));
	}

	async #answer(settings: DistributionSettings, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
		incoming.resume();
		// Not relative to a base: `//x` would name a host.
		const { pathname, search } = new URL(`http://edge${incoming.url}`);
		const behavior = settings.behaviors.find(
			({ pathPattern }) => pathPattern === null || matches(pathPattern, pathname),
		) as Behavior;
		for (const [name, value] of Object.entries(behavior.headers)) response.setHeader(name, value);
		if (incoming.method !== "GET" && incoming.method !== "HEAD") {
			return send(response, 403, "This distribution is not configured to allow this HTTP request method.");
		}
		let uri = pathname;
		if (behavior.viewerRequest !== null) {
			const result = runEdgeFunction(behavior.viewerRequest, edgeRequest(incoming, pathname, search));
			if (isResponse(result)) {
				for (const [name, { value }] of Object.entries(result.headers ?? {})) response.setHeader(name, value);
				return send(response, result.statusCode, result.body?.data ?? "");
			}
			uri = result.uri;
		}
		const key = decodeUri(uri === "/" ? (settings.defaultRootObject ?? "") : uri.slice(1));
		const object = this.#read(settings, behavior, key);
		// Without the right to list, S3 does not tell a missing object from a forbidden one.
		if (!object) return send(response, 403, "<Error><Code>AccessDenied</Code></Error>", "application/xml");
		response.setHeader("etag", `"${object.etag}"`);
		response.setHeader("last-modified", new Date(object.modifiedAt).toUTCString());
		for (const name of storedHeaders) {
			const value = object.headers[name];
			if (value) response.setHeader(name, value);
		}
		if (namesTag(incoming.headers["if-none-match"], object.etag)) {
			response.writeHead(304).end();
			return;
		}
		let bytes: Buffer = await readFile(object.file);
		const type = object.headers["content-type"] ?? "";
		if (behavior.compresses && compressible.test(type) && !object.headers["content-encoding"]) {
			response.setHeader("vary", "Accept-Encoding");
			const isAccepted = /\bgzip\b/.test(String(incoming.headers["accept-encoding"] ?? ""));
			if (isAccepted && bytes.length >= minCompressedBytes) {
				bytes = gzipSync(bytes);
				response.setHeader("content-encoding", "gzip");
			}
		}
		response.setHeader("content-length", bytes.length);
		response.writeHead(200).end(incoming.method === "HEAD" ? undefined : bytes);
	}

	#read({ id }: DistributionSettings, { bucket, signs }: Behavior, key: string) {
		const { access, buckets, account } = this.#options;
		const distribution = access.service(
			"cloudfront.amazonaws.com",
			`arn:aws:cloudfront::${account}:distribution/${id}`,
		);
		const isAllowed =
			signs && access.allows(distribution, { action: "s3:GetObject", resource: `arn:aws:s3:::${bucket}/${key}` });
		const object = isAllowed ? buckets.find(bucket, key) : undefined;
		return object?.deleteMarker ? undefined : object;
	}
}

function edgeRequest({ method = "GET", headers }: IncomingMessage, uri: string, search: string): EdgeRequest {
	return {
		method,
		uri,
		querystring: Object.fromEntries([...new URLSearchParams(search)].map(([name, value]) => [name, { value }])),
		headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value: String(value) }])),
		cookies: {},
	};
}

const isResponse = (result: EdgeRequest | EdgeResponse): result is EdgeResponse => "statusCode" in result;

function matches(pattern: string, path: string): boolean {
	const source = pattern
		.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
		.replaceAll("*", ".*")
		.replaceAll("?", ".");
	return new RegExp(`^${source.startsWith("/") ? "" : "/"}${source}$`).test(path);
}

function send(response: ServerResponse, status: number, body: string, type = "text/plain"): void {
	response.setHeader("content-type", type);
	response.writeHead(status).end(body);
}
