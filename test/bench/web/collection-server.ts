import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import sharp from "sharp";
import type { components } from "#client/src/api-types.ts";

type Schemas = components["schemas"];

/** The size of the largest collection that the library promises to scroll. */
export const collectionSize = 20_000;
const months = 40;
const resultsFound = 20;
/** Different pictures: decoding each anew is what a real collection costs. */
const drawn = 64;

const idOf = (at: number) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;

/**
 * Serves builds and, from memory, the collection that they show: the browser is measured, and no answer takes longer for
 * one page than for the other.
 */
export async function serveCollection(folders: Record<string, string>) {
	const pictures = await Promise.all(Array.from({ length: drawn }, (_, at) => drawing(at)));
	const server = createServer(async (request, response) => {
		try {
			await answer(request, response);
		} catch (error) {
			response.writeHead(500).end(String(error));
		}
	});
	let origin = "";

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? "/", origin);
		const [, picture] = /^\/pictures\/(\d+)\/thumbnail\.webp$/.exec(url.pathname) ?? [];
		if (picture) {
			response.writeHead(200, { "content-type": "image/webp", "cache-control": "public, max-age=3600" });
			response.end(pictures[Number(picture) % drawn]);
			return;
		}
		const body = bodyOf(request.method ?? "GET", url);
		if (body) {
			response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
			return;
		}
		await sendFile(url.pathname, response);
	}

	function bodyOf(method: string, { pathname, searchParams }: URL): object | undefined {
		const route = `${method} ${pathname}`;
		if (route === "GET /config.json") {
			return { apiUrl: origin, cognitoEndpoint: origin, userPoolClientId: "bench", environment: "prod" };
		}
		if (route === "GET /items") return page(Number(searchParams.get("offset")), Number(searchParams.get("limit")));
		if (route === "GET /items/facets") return facets();
		if (route === "POST /search") return found();
		return undefined;
	}

	async function sendFile(pathname: string, response: ServerResponse): Promise<void> {
		const [, name = "", rest = ""] = /^\/([^/]*)\/?(.*)$/.exec(pathname) ?? [];
		const [folder, file] = folders[name] ? [folders[name], rest] : [folders.app, pathname.slice(1)];
		const isFile = path.extname(file) !== "";
		const full = path.join(folder ?? "", isFile ? file : "index.html");
		const type = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
		const content = await readFile(full);
		response.writeHead(200, {
			"content-type": type[path.extname(full) as keyof typeof type] ?? "application/octet-stream",
		});
		response.end(content);
	}

	const itemAt = (at: number): Schemas["CompactItem"] => {
		const when = new Date(Date.UTC(2026, 11 - Math.floor((at * months) / collectionSize), 1)).toISOString();
		return {
			id: idOf(at),
			status: "ready",
			category: `Category ${at % 10}`,
			headline: `Receipt ${at} of a shop`,
			thumbnail_url: `${origin}/pictures/${at}/thumbnail.webp`,
			placeholder: "1QcSHQRnh493V4dIh4eXh1h4kJUI",
			width: 900,
			height: 1_600,
			taken_at: when,
			taken_at_local: when.slice(0, 19),
			created_at: when,
			favorite: at % 50 === 0,
		};
	};
	const page = (offset: number, limit: number) => ({
		items: Array.from({ length: Math.min(limit, collectionSize - offset) }, (_, at) => itemAt(offset + at)),
		total: collectionSize,
		next_cursor: null,
	});
	const facets = (): Schemas["Facets"] => {
		const perMonth = collectionSize / months;
		return {
			categories: Array.from({ length: 10 }, (_, at) => ({ value: `Category ${at}`, count: collectionSize / 10 })),
			tags: [],
			months: Array.from({ length: months }, (_, at) => ({
				value: new Date(Date.UTC(2026, 11 - at, 1)).toISOString().slice(0, 7),
				count: perMonth,
			})),
			statuses: [{ value: "ready", count: collectionSize }],
			providers: [{ value: "offline", count: collectionSize }],
		};
	};
	const found = (): Partial<Schemas["SearchResponse"]> => ({
		results: Array.from({ length: resultsFound }, (_, at) => ({
			...itemAt(at),
			item_id: idOf(at),
			rank: at + 1,
			score: 1 / (at + 1),
			score_type: "hybrid_rrf" as const,
			match: "strong" as const,
			corrections: [],
			category: "Receipt",
			headline: `Receipt ${at} of a shop`,
			summary: "A receipt of a shop that sells tea and paper.",
			image_url: "",
			metadata: { analysis_id: idOf(at), matched: [{ word: "receipt", field: "headline" as const }] },
		})),
		total_results: resultsFound,
		weak_results: 0,
		notices: [],
	});

	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	return {
		origin,
		async stop(): Promise<void> {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

function drawing(at: number): Promise<Buffer> {
	const shades = [at * 37, at * 59, at * 83].map((shade) => shade % 256);
	const lines = Array.from(
		{ length: 12 },
		(_, line) => `<text x="20" y="${60 + line * 40}" font-size="24">Line ${line} of picture ${at}</text>`,
	);
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="568"><rect width="320" height="568" fill="rgb(${shades})"/>${lines.join("")}</svg>`;
	return sharp(Buffer.from(svg)).webp({ quality: 70 }).toBuffer();
}
