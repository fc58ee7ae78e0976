import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface ImmichAsset {
	id: string;
	originalFileName: string;
	bytes: Uint8Array;
	type?: "IMAGE" | "VIDEO";
	visibility?: "timeline" | "archive";
	isFavorite?: boolean;
	exifInfo?: Record<string, unknown>;
	localDateTime?: string;
	people?: { name: string }[];
	albums?: string[];
	tags?: string[];
	/** Sends other bytes than its checksum says. */
	isDamaged?: boolean;
}

const key = "immich-key";

/**
 * Speaks the routes of Immich 3 that an import uses, as its OpenAPI document has them: albums carry no assets, searches
 * are paged and know `albumIds`, `tagIds` and `visibility`.
 */
export async function immichServer(assets: ImmichAsset[], { pageSize = 2 } = {}) {
	const downloads: string[] = [];
	const names = (field: "albums" | "tags") => [...new Set(assets.flatMap((asset) => asset[field] ?? []))];
	const search = ({ albumIds, tagIds, visibility, page, size }: Record<string, unknown>) => {
		if (!Number.isInteger(page) || !Number.isInteger(size) || Number(size) > 1_000) return null;
		const found = assets.filter(
			(asset) =>
				(!Array.isArray(albumIds) || asset.albums?.includes(albumIds[0])) &&
				(!Array.isArray(tagIds) || asset.tags?.includes(tagIds[0])) &&
				(!visibility || (asset.visibility ?? "timeline") === visibility),
		);
		const from = (Number(page) - 1) * pageSize;
		const isLast = from + pageSize >= found.length;
		return {
			albums: { total: 0, count: 0, items: [], facets: [] },
			assets: {
				items: found.slice(from, from + pageSize).map(({ bytes, albums, tags, isDamaged, exifInfo, ...asset }) => ({
					type: "IMAGE",
					visibility: "timeline",
					isFavorite: false,
					fileCreatedAt: "2024-01-01T00:00:00.000Z",
					fileModifiedAt: "2024-01-01T00:00:00.000Z",
					checksum: createHash("sha1").update(bytes).digest("base64"),
					...asset,
					exifInfo: { fileSizeInByte: bytes.length, dateTimeOriginal: null, timeZone: null, ...exifInfo },
				})),
				nextPage: isLast ? null : String(Number(page) + 1),
			},
		};
	};
	const server = createServer(async (request, response) => {
		let body = "";
		for await (const chunk of request) body += chunk;
		const answer = (status: number, value: unknown) => {
			response.writeHead(status, { "content-type": "application/json" });
			response.end(JSON.stringify(value));
		};
		if (request.headers["x-api-key"] !== key) return answer(401, { message: "Invalid API key", statusCode: 401 });
		const route = `${request.method} ${request.url}`;
		if (route === "GET /api/users/me") return answer(200, { id: "u", email: "a@example.com" });
		if (route === "GET /api/albums") {
			return answer(
				200,
				names("albums").map((name) => ({ id: name, albumName: name, description: `About ${name}`, assetCount: 1 })),
			);
		}
		if (route === "GET /api/tags") {
			return answer(
				200,
				names("tags").map((value) => ({ id: value, name: value.split("/").at(-1), value })),
			);
		}
		if (route === "POST /api/search/metadata") {
			const page = search(JSON.parse(body));
			return page ? answer(200, page) : answer(400, { message: "Bad page or size" });
		}
		const [, id = ""] = /^GET \/api\/assets\/([^/]+)\/original$/.exec(route) ?? [];
		const asset = assets.find((each) => each.id === id);
		if (!asset) return answer(404, { message: "Not found", statusCode: 404 });
		downloads.push(id);
		response.writeHead(200, { "content-type": "application/octet-stream" });
		response.end(asset.isDamaged ? asset.bytes.subarray(1) : asset.bytes);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		key,
		downloads,
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
