import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packTar } from "modern-tar";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Received, stubServer } from "../../client/test/stub-server.ts";
import { idOf, type MadeArchive, makeArchive, writeFolder } from "./archives.ts";
import { Ending, signInAtStub, startCommand } from "./command.ts";

let folder: string;
let archive: MadeArchive;
beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), "cli-import-"));
	archive = await makeArchive([1, 2, 3].map((fill) => new Uint8Array(2_000).fill(fill)));
	mkdirSync(path.join(folder, "parts"));
	writeFolder(path.join(folder, "parts"), archive);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A service that keeps items and pictures by their id in the archive. */
class Service {
	readonly announced: string[] = [];
	readonly stored: string[] = [];
	readonly albums: string[] = [];
	/** Requests for albums, with their bodies. */
	readonly members: unknown[] = [];
	/** Answers of single items, instead of the service's own. */
	readonly problems = new Map<string, object>();
	url = "";
	/** Storage waits so long. */
	afterMs = 0;

	answer({ method, path: route, body }: Received) {
		if (route === "/storage") {
			this.stored.push(/name="key"\r\n\r\n(\S+)\r\n/.exec(body)?.[1] ?? "");
			return { status: 204, afterMs: this.afterMs };
		}
		const json = body ? JSON.parse(body) : {};
		if (route === "/account/import/items") {
			return { body: { items: (json.items as { id: string }[]).map(({ id }) => this.#item(id)) } };
		}
		if (route === "/account/import/albums") {
			const [{ id, smart }] = json.albums;
			if (smart && !this.albums.includes(smart.filters.album)) {
				return { status: 404, body: { code: "album_not_found", detail: `There is no album ${smart.filters.album}.` } };
			}
			if (!this.albums.includes(id)) this.albums.push(id);
			return { body: { albums: [{ archived_id: id, id: `here-${id}` }] } };
		}
		this.members.push([method, route, json]);
		return { body: {} };
	}

	#item(id: string) {
		this.announced.push(id);
		const problem = this.problems.get(id);
		if (problem) return problem;
		const form = { url: `${this.url}/storage`, fields: { key: id }, expires_at: "" };
		return { archived_id: id, id: `here-${id}`, upload: this.stored.includes(id) ? null : form };
	}
}

function start(url: string, ...args: string[]) {
	const home = path.join(folder, "home");
	signInAtStub(home, url);
	return startCommand(home, args);
}

async function serving(ending = new Ending()) {
	const service = new Service();
	const server = await stubServer((request) => ({ ...service.answer(request), ...ending.at(request.path) }));
	service.url = server.url;
	return { service, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const parts = () => path.join(folder, "parts");

test("items, pictures and albums arrive once, and a second run finds them there", async () => {
	const [trip, smart, first] = [idOf(90), idOf(91), idOf(92)];
	const album = { description: null, cover_item_id: null, smart: null, item_ids: [] };
	const search = (id: string) => ({ query: null, filters: { album: id } });
	archive = await makeArchive(
		[1, 2, 3].map((fill) => new Uint8Array(2_000).fill(fill)),
		[
			{ ...album, id: first, name: "Of a search", smart: search(smart) },
			{ ...album, id: smart, name: "Of the trip", smart: search(trip) },
			{ ...album, id: trip, name: "Trip", cover_item_id: idOf(1), item_ids: [idOf(2), idOf(0), idOf(77)] },
		],
	);
	writeFolder(parts(), archive);
	await using api = await serving();
	const run = await start(api.url, "import", parts()).ended;
	expect(run).toMatchObject({ code: 0, stdout: "3 items imported, 0 there already, 3 albums, 0 refused.\n" });
	expect(api.service.stored.sort()).toEqual([idOf(0), idOf(1), idOf(2)]);
	expect(api.service.albums).toEqual([trip, smart, first]);
	expect(api.service.members).toEqual([
		["PUT", `/albums/here-${trip}/items`, { ids: [`here-${idOf(2)}`, `here-${idOf(0)}`] }],
		["PATCH", `/albums/here-${trip}`, { cover_item_id: `here-${idOf(1)}` }],
	]);
	const again = await start(api.url, "import", parts()).ended;
	expect(again).toMatchObject({ code: 0, stdout: "0 items imported, 3 there already, 3 albums, 0 refused.\n" });
	expect(api.service.stored).toHaveLength(3);
});

test("a damaged picture, and an item that the service refuses, are named, and the others are in", async () => {
	const bytes = archive.parts[0]?.bytes ?? new Uint8Array();
	// In the picture, after three blocks: header and row, header.
	bytes[1_540] = 9;
	writeFolder(parts(), archive);
	await using api = await serving();
	api.service.problems.set(idOf(1), {
		code: "invalid_fields",
		detail: "One field is wrong.",
		errors: [{ field: "body.items.0.note", detail: "Too long" }],
	});
	const { code, stdout } = await start(api.url, "import", parts(), "--json").ended;
	expect([code, JSON.parse(stdout)]).toEqual([
		4,
		{
			imported: 1,
			known: 0,
			albums: 0,
			refused: [
				{
					path: `originals/${idOf(0)}.png`,
					reason: "is damaged: its bytes are not those of the manifest. Export again.",
				},
				{ path: `items/${idOf(1)}.json`, reason: "One field is wrong. body.items.0.note: Too long." },
			],
		},
	]);
	expect(api.service.announced).not.toContain(idOf(0));
	expect(api.service.stored).toEqual([idOf(2)]);
});

test("Ctrl-C ends it with a sentence, and the same command goes on", async () => {
	await using api = await serving();
	api.service.afterMs = 60_000;
	const { child, ended } = start(api.url, "import", parts());
	while (child.exitCode === null && api.service.stored.length === 0) await new Promise((next) => setTimeout(next, 5));
	child.kill("SIGINT");
	expect(await ended).toMatchObject({
		code: 130,
		stderr: "Ended early: 0 of 3 items are in. The same command goes on from there.\n",
	});
	api.service.afterMs = 0;
	expect(await start(api.url, "import", parts()).ended).toMatchObject({ code: 0 });
});

test("an import that ends at any moment is finished by the next, and sends nothing twice", async () => {
	const albums = [
		{ id: idOf(90), name: "Trip", description: null, cover_item_id: idOf(1), smart: null, item_ids: [idOf(0)] },
	];
	archive = await makeArchive(
		Array.from({ length: 30 }, (_, fill) => new Uint8Array(2_000).fill(fill)),
		albums,
	);
	writeFolder(parts(), archive);
	const ending = new Ending();
	await using api = await serving(ending);
	for (const path of ["/account/import/items", "/storage", "/account/import/albums", "/albums/"]) {
		expect(await ending.by("SIGKILL", path, start(api.url, "import", parts())), path).toBe(null);
		expect(await ending.by("SIGINT", path, start(api.url, "import", parts())), path).toBe(130);
	}
	expect(await start(api.url, "import", parts()).ended).toMatchObject({
		code: 0,
		stdout: "0 items imported, 30 there already, 1 album, 0 refused.\n",
	});
	expect(api.service.stored.sort()).toEqual(Array.from({ length: 30 }, (_, at) => idOf(at)));
	expect(api.service.members.at(-1)).toMatchObject(["PATCH", `/albums/here-${idOf(90)}`, {}]);
});

test("an archive that is cut off sends what was whole, says so, and is finished by a whole one", async () => {
	const cut = path.join(folder, "cut.tar");
	const text = JSON.stringify(archive.manifest);
	const head = await packTar([{ header: { name: "manifest.json", size: Buffer.byteLength(text) }, body: text }]);
	const whole = Buffer.concat([
		head.subarray(0, -1_024),
		...archive.parts.map(({ bytes }) => bytes.subarray(0, -1_024)),
		new Uint8Array(1_024),
	]);
	writeFileSync(cut, whole.subarray(0, whole.length - 6_000));
	await using api = await serving();
	expect(await start(api.url, "import", cut).ended).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("cut.tar is cut off or damaged"),
	});
	writeFileSync(cut, whole);
	expect(await start(api.url, "import", cut).ended).toMatchObject({ code: 0 });
	expect(new Set(api.service.stored).size).toBe(3);
	expect(readFileSync(cut).equals(whole)).toBe(true);
});

test("a picture beside another item's row is refused, and so is a row that is none", async () => {
	const swapped = await makeArchive([new Uint8Array(10).fill(1), new Uint8Array(10).fill(2)], [], (id) =>
		id === idOf(0) ? { id: idOf(1), mime_type: "image/png" } : { id: "../../up", mime_type: "image/png" },
	);
	writeFolder(parts(), swapped);
	await using api = await serving();
	const { code, stdout } = await start(api.url, "import", parts()).ended;
	expect(code).toBe(4);
	expect(stdout).toContain(`originals/${idOf(0)}.png: follows items/${idOf(0)}.json, and is not its picture.`);
	expect(stdout).toContain(`items/${idOf(1)}.json: is no item of an archive.`);
	expect(api.service.announced).toEqual([]);
});
