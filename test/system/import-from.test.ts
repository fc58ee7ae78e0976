import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CognitoSession, CollectionsClient, Item } from "#client/index.ts";
import { keepSession, startCommand } from "../../packages/cli/test/command.ts";
import { makeZip } from "../../packages/cli/test/zip.ts";
import { collect } from "../support/collect.ts";
import { newUser, outputs } from "./environment.ts";
import { immichServer } from "./immich-server.ts";

let folder: string;
let owner: CollectionsClient;

beforeEach(async () => {
	folder = mkdtempSync(path.join(tmpdir(), "collections-import-"));
	owner = await newUser("importer");
	const { refreshToken, idToken } = owner.session as CognitoSession;
	const pool = { clientId: outputs.CliClientId, endpoint: outputs.CognitoEndpoint };
	keepSession(path.join(folder, "home"), { apiUrl: outputs.ApiUrl, pool, email: "a", refreshToken, idToken });
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, content: string | Uint8Array | object): string {
	const target = path.join(folder, file);
	mkdirSync(path.dirname(target), { recursive: true });
	const isBytes = typeof content === "string" || content instanceof Uint8Array;
	writeFileSync(target, isBytes ? content : JSON.stringify(content));
	return target;
}

/** Draws a small picture, each with bytes of its own; with the EXIF time of 06:00 in New York where it is asked for. */
async function picture({ taken }: { taken?: string } = {}): Promise<Uint8Array> {
	const [r = 0, g = 0, b = 0] = crypto.getRandomValues(new Uint8Array(3));
	const drawn = sharp({ create: { width: 60, height: 40, channels: 3, background: { r, g, b } } });
	const dated = taken ? drawn.withExif({ IFD0: {}, IFD2: { DateTimeOriginal: taken } }) : drawn;
	return new Uint8Array(await dated.jpeg().toBuffer());
}

const start = (...args: string[]) => startCommand(path.join(folder, "home"), ["import-from", ...args]);

async function run(...args: string[]) {
	const { code, stdout, stderr } = await start(...args, "--json").ended;
	expect(stdout, stderr).not.toBe("");
	return { code, ...JSON.parse(stdout) };
}

const reasonsOf = ({ not_carried }: { not_carried: { reason: string; names: string[] }[] }) =>
	Object.fromEntries(not_carried.map(({ reason, names }) => [reason, names.map((name) => path.basename(name))]));

async function itemsByName(): Promise<Map<string, Item>> {
	const items = await collect(owner.items());
	return new Map(items.map((item) => [item.original_filename, item]));
}

async function albumsOf(): Promise<Record<string, { description: string | null; items: number }>> {
	const { data } = await owner.api.GET("/albums");
	return Object.fromEntries(
		(data?.albums ?? []).map(({ name, description, item_count }) => [name, { description, items: item_count }]),
	);
}

test("Google Takeout: times, descriptions, favourites and albums arrive, and a second run changes nothing", async () => {
	const year = "Takeout/Google Photos/Photos from 2024";
	const album = "Takeout/Google Photos/Iceland";
	const geyser = await picture({ taken: "2024:03:01 06:00:00" });
	const sidecar = (seconds: number, more: object = {}) => ({
		title: "x",
		description: "",
		photoTakenTime: { timestamp: String(seconds), formatted: "" },
		geoData: { latitude: 0, longitude: 0 },
		...more,
	});
	const noon = Date.UTC(2024, 2, 1, 11) / 1_000;
	write(`${year}/geyser.jpg`, geyser);
	write(`${year}/geyser.jpg.supplemental-metadata.json`, sidecar(noon, { description: "Strokkur", favorited: true }));
	write(`${year}/long.jpg`, await picture());
	write(`${year}/long.jpg.supplemental-me.json`, sidecar(noon, { people: [{ name: "Ari" }], archived: true }));
	write(`${year}/same(1).jpg`, await picture({ taken: "2001:01:01 00:00:00" }));
	write(`${year}/same.jpg.supplemental-metadata(1).json`, sidecar(noon));
	write(`${year}/film.mp4`, "film");
	write(`${year}/film.mp4.supplemental-metadata.json`, sidecar(noon));
	write(`${year}/gone.jpg.json`, sidecar(noon));
	write(`${year}/broken.json`, "{");
	write(`${year}/metadata.json`, { title: "Photos from 2024", date: {} });
	write(`${album}/geyser.jpg`, geyser);
	write(`${album}/metadata.json`, { title: "Iceland", description: "Four days", access: "protected", date: {} });
	symlinkSync("/etc/hostname", path.join(folder, `${year}/link.jpg`));

	const dry = await run("takeout", path.join(folder, "Takeout"), "--dry-run");
	expect(dry).toMatchObject({ pictures: 4, carried: { albums: 1, favorites: 1, notes: 1, times: 3 } });
	expect(await itemsByName()).toEqual(new Map());

	const first = await run("takeout", path.join(folder, "Takeout"));
	expect(first).toMatchObject({
		code: 4,
		pictures: 4,
		sent: 3,
		known: 1,
		items: 3,
		carried: { tags: 0, albums: 1, favorites: 1, notes: 1, times: 3 },
	});
	expect(reasonsOf(first)).toEqual({
		"archived there: Collections has no archive": ["long.jpg"],
		"names of people are not carried": ["long.jpg"],
		"videos are not taken": ["film.mp4"],
		"a sidecar without its picture": ["gone.jpg.json"],
		"links are not followed": ["link.jpg"],
		"has no sidecar: sent without a description": ["geyser.jpg"],
		[Object.keys(reasonsOf(first)).find((reason) => reason.startsWith("a sidecar that is no JSON")) ?? ""]: [
			"broken.json",
		],
	});
	const items = await itemsByName();
	// Of New York's clock, which Google does not know: the file's own time stays.
	expect(items.get("geyser.jpg")).toMatchObject({
		note: "Strokkur",
		favorite: true,
		taken_at_local: "2024-03-01T06:00:00",
		edited: { note: true },
	});
	expect(items.get("long.jpg")).toMatchObject({ taken_at: "2024-03-01T11:00:00.000Z", taken_at_source: "user" });
	// The person set another time there than the file has.
	expect(items.get("same(1).jpg")).toMatchObject({ taken_at: "2024-03-01T11:00:00.000Z" });
	expect(await albumsOf()).toEqual({ Iceland: { description: "Four days", items: 1 } });

	const mine = items.get("geyser.jpg")?.id ?? "";
	await owner.api.PATCH("/items/{id}", { params: { path: { id: mine } }, body: { note: "My words" } });
	const second = await run("takeout", path.join(folder, "Takeout"));
	expect(second).toMatchObject({ sent: 0, known: 0, resumed: 4, items: 3 });
	expect((await itemsByName()).get("geyser.jpg")?.note).toBe("My words");
});

test("Karakeep: pictures of a dump arrive with tags, lists and notes, and a path that leads out of it is refused", async () => {
	const bookmark = (id: string, more: object) => ({
		id,
		createdAt: "2024-05-06T07:08:09.000Z",
		title: null,
		archived: false,
		favourited: false,
		note: null,
		tags: [],
		assets: [],
		...more,
	});
	const asset = (id: string, bookmarkId: string | null, more: object = {}) => ({
		id,
		assetType: "bookmarkAsset",
		size: 1,
		contentType: "image/jpeg",
		fileName: `${id}.jpg`,
		bookmarkId,
		filePath: `assets/files/${id}`,
		...more,
	});
	write("dump/manifest.json", { format: "karakeep.dump", version: 1 });
	const lines = [
		bookmark("one", {
			title: "Receipt",
			favourited: true,
			note: "For the tax",
			tags: [
				{ id: "t", name: "money", attachedBy: "human" },
				{ id: "u", name: "paper", attachedBy: "ai" },
			],
			content: { type: "asset", assetType: "image", assetId: "receipt", fileName: "receipt.jpg" },
		}),
		bookmark("two", { content: { type: "link", url: "https://example.com/soup", title: "Soup" } }),
		bookmark("three", { content: { type: "text", text: "words" }, title: "Words" }),
		bookmark("four", { content: { type: "asset", assetType: "image", assetId: "out" }, title: "Out" }),
		bookmark("five", { content: { type: "asset", assetType: "image", assetId: "link" }, title: "Linked" }),
	];
	write("dump/bookmarks/index.jsonl", `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"id":`);
	const secret = write("secret.jpg", await picture());
	write("dump/assets/index.json", [
		asset("receipt", "one"),
		asset("shot", "two", { assetType: "screenshot", fileName: null }),
		asset("banner", "two", { assetType: "bannerImage" }),
		asset("out", "four", { filePath: "../secret.jpg" }),
		asset("link", "five"),
		asset("avatar", null, { assetType: "avatar" }),
	]);
	write("dump/assets/files/receipt", await picture());
	write("dump/assets/files/shot", await picture());
	symlinkSync(secret, path.join(folder, "dump/assets/files/link"));
	write("dump/lists/index.json", [
		{ id: "r", name: "Recipes", type: "manual", parentId: null, description: null },
		{ id: "s", name: "Soups", type: "manual", parentId: "r", description: "Hot" },
		{ id: "z", name: "All", type: "smart", query: "is:fav", parentId: null },
	]);
	write("dump/lists/membership.json", { s: ["two"], r: ["one", "two"] });

	const report = await run("karakeep", path.join(folder, "dump"));
	expect(report).toMatchObject({
		code: 4,
		sent: 2,
		items: 2,
		carried: { tags: 1, albums: 2, favorites: 1, notes: 2, times: 2 },
	});
	expect(reasonsOf(report)).toEqual({
		"its path leads out of the export": ["out.jpg"],
		"links are not followed": ["link.jpg"],
		"a link's banner is no picture of yours": ["banner.jpg"],
		"smart lists are not carried": ["All"],
		"a bookmark (text) without a picture": ["Words"],
		"a bookmark (asset) without a picture": ["Out", "Linked"],
		"a line of bookmarks/index.jsonl that is no bookmark": ["line 6"],
	});
	const items = await itemsByName();
	expect(items.get("receipt.jpg")).toMatchObject({
		note: "Receipt\nFor the tax",
		favorite: true,
		taken_at: "2024-05-06T07:08:09.000Z",
	});
	expect(items.get("receipt.jpg")?.tags).toEqual(expect.arrayContaining(["money", "paper"]));
	expect(items.get("shot.jpg")?.note).toBe("Soup\nhttps://example.com/soup");
	expect(await albumsOf()).toEqual({
		Recipes: { description: null, items: 2 },
		"Recipes / Soups": { description: "Hot", items: 1 },
	});

	// As `karakeep dump` packs it.
	execFileSync("tar", ["-czf", path.join(folder, "dump.tar.gz"), "-C", path.join(folder, "dump"), "."]);
	const packed = await run("karakeep", path.join(folder, "dump.tar.gz"));
	expect(packed).toMatchObject({ code: 4, sent: 0, known: 2, items: 2, carried: report.carried });
	expect(reasonsOf(packed)).toMatchObject({ "its path leads out of the export": ["out.jpg"] });
});

test("a Takeout's ZIP files are taken as they are: a sidecar in another part, and a damaged picture alone is refused", async () => {
	const album = "Takeout/Google Photos/Iceland";
	const metadata = JSON.stringify({ title: "Iceland", access: "protected" });
	const sidecar = JSON.stringify({ photoTakenTime: { timestamp: "1709290800" }, favorited: true });
	const parts = [
		makeZip([
			{ name: `${album}/`, content: "" },
			{ name: `${album}/one.jpg`, content: await picture() },
			{ name: `${album}/damaged.jpg`, content: await picture(), claimed: { crc: 1 } },
			{ name: `${album}/metadata.json`, content: metadata },
		]),
		makeZip([
			{ name: `${album}/one.jpg.supplemental-metadata.json`, content: sidecar },
			{ name: `${album}/dámaged.jpg`, content: await picture(), claimed: { size: 12 } },
			{ name: `${album}/zwei.jpg`, content: await picture() },
			{ name: `${album}/metadata.json`, content: metadata },
		]),
	].map((bytes, at) => write(`takeout-00${at + 1}.zip`, bytes));
	const report = await run("takeout", ...parts);
	expect(report).toMatchObject({ code: 4, sent: 2, items: 2, carried: { albums: 2, favorites: 1, times: 1 } });
	expect(reasonsOf(report)).toMatchObject({
		"It is damaged: its bytes are not those that the archive lists.": ["damaged.jpg", "dámaged.jpg"],
	});
	expect(await albumsOf()).toEqual({ Iceland: { description: null, items: 2 } });
	expect((await itemsByName()).get("one.jpg")).toMatchObject({ taken_at: "2024-03-01T11:00:00.000Z", favorite: true });
	expect(await run("takeout", ...parts)).toMatchObject({ sent: 0, known: 0, resumed: 2 });
});

test("Immich by its API: albums, tags, notes and times arrive, a damaged download is refused, and the rest goes on", async () => {
	await using immich = await immichServer([
		{
			id: "a1",
			originalFileName: "harbour.jpg",
			bytes: await picture(),
			isFavorite: true,
			localDateTime: "2024-07-01T10:00:00.000Z",
			exifInfo: {
				description: "The old harbour",
				dateTimeOriginal: "2024-07-01T08:00:00.000Z",
				timeZone: "Europe/Berlin",
				rating: 4,
			},
			albums: ["Summer", "Sea"],
			tags: ["trips/2024", "boats"],
		},
		{ id: "a2", originalFileName: "old.jpg", bytes: await picture(), visibility: "archive", albums: ["Summer"] },
		{ id: "a3", originalFileName: "film.mov", bytes: new Uint8Array(9), type: "VIDEO" },
		{ id: "a4", originalFileName: "damaged.jpg", bytes: await picture(), isDamaged: true },
		{ id: "a5", originalFileName: "ari.jpg", bytes: await picture(), people: [{ name: "Ari" }], tags: ["boats"] },
	]);
	const refused = start("immich", immich.url, "--key", "wrong", "--json");
	expect(await once(refused.child, "close")).toEqual([3, null]);
	expect(refused.output().stderr).toContain("Immich refuses the key");

	const report = await run("immich", immich.url, "--key", immich.key);
	expect(report).toMatchObject({
		code: 4,
		sent: 3,
		items: 3,
		carried: { tags: 2, albums: 2, favorites: 1, notes: 1, times: 3 },
	});
	expect(reasonsOf(report)).toEqual({
		"ratings are not carried": ["harbour.jpg"],
		"archived there: Collections has no archive": ["old.jpg"],
		"videos are not taken": ["film.mov"],
		"names of people are not carried": ["ari.jpg"],
		"It came damaged: its SHA-1 is not Immich's.": ["damaged.jpg"],
	});
	const items = await itemsByName();
	expect(items.get("harbour.jpg")).toMatchObject({
		note: "The old harbour",
		favorite: true,
		taken_at: "2024-07-01T08:00:00.000Z",
		taken_at_offset: "+02:00",
	});
	expect(items.get("harbour.jpg")?.tags).toEqual(expect.arrayContaining(["trips/2024", "boats"]));
	expect(items.get("old.jpg")).toMatchObject({ taken_at: "2024-01-01T00:00:00.000Z" });
	expect(await albumsOf()).toEqual({
		Summer: { description: "About Summer", items: 2 },
		Sea: { description: "About Sea", items: 1 },
	});

	const before = immich.downloads.length;
	expect(await run("immich", immich.url, "--key", immich.key)).toMatchObject({ sent: 0, known: 0, resumed: 3 });
	// The damaged one alone is tried again.
	expect(immich.downloads.slice(before)).toEqual(["a4"]);
});

test("a folder of Immich: XMP and JSON sidecars arrive", async () => {
	const xmp = (inner: string, attributes = "") => `<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:dc='d' xmlns:digiKam='k' xmlns:exif='e' xmlns:xmp='x' ${attributes}>${inner}</rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end='w'?>`;
	write("library/2024/one.jpg", await picture());
	write(
		"library/2024/one.jpg.xmp",
		xmp(`<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>Tom &amp; Ada</rdf:li></rdf:Alt></dc:description>
<digiKam:TagsList><rdf:Seq><rdf:li>people/ada</rdf:li><rdf:li>2024</rdf:li></rdf:Seq></digiKam:TagsList>
<exif:DateTimeOriginal>2018-08-11T17:38:25Z</exif:DateTimeOriginal>`),
	);
	write("library/2024/two.jpg", await picture());
	write("library/2024/two.XMP", xmp("", "exif:DateTimeOriginal='2019-01-02T03:04:05' xmp:Rating='5'"));
	write("library/2024/three.jpg", await picture());
	write("library/2024/three.jpg.JSON", {
		software: "immich-go",
		dateTaken: "2020-02-03T04:05:06+01:00",
		description: "By immich-go",
		albums: [{ title: "Winter", description: "Snow" }],
		tags: [{ value: "snow" }],
		favorited: true,
	});
	write("library/2024/bad.jpg", await picture());
	write("library/2024/bad.jpg.xmp", "<x:xmpmeta><rdf:RDF>");
	const report = await run("immich", path.join(folder, "library"));
	expect(report).toMatchObject({
		sent: 4,
		carried: { tags: 2, albums: 1, favorites: 1, notes: 2, times: 3 },
	});
	expect(Object.values(reasonsOf(report))).toEqual(expect.arrayContaining([["two.jpg"], ["bad.jpg.xmp"]]));
	const items = await itemsByName();
	expect(items.get("one.jpg")).toMatchObject({ note: "Tom & Ada", taken_at: "2018-08-11T17:38:25.000Z" });
	expect(items.get("one.jpg")?.tags).toEqual(expect.arrayContaining(["people/ada", "2024"]));
	expect(items.get("two.jpg")).toMatchObject({ taken_at_local: "2019-01-02T03:04:05", taken_at_offset: null });
	expect(items.get("three.jpg")).toMatchObject({
		note: "By immich-go",
		favorite: true,
		taken_at: "2020-02-03T03:05:06.000Z",
	});
	expect(await albumsOf()).toEqual({ Winter: { description: "Snow", items: 1 } });
});

test("screenshots have the times of their names, also when Ctrl-C ends the import and it is run again", async () => {
	const names = [
		"Screenshot 2024-03-01 at 10.22.33.jpg",
		"Screenshot_20240301-102234.jpg",
		"IMG_20240301_102235.jpg",
		"untold.jpg",
	];
	for (const name of names) write(`shots/${name}`, await picture());
	for (let at = 0; at < 60; at++)
		write(`shots/more/IMG_20240302_1000${String(at).padStart(2, "0")}.jpg`, await picture());
	write("shots/notes.txt", "no picture");
	const interrupted = start("screenshots", path.join(folder, "shots"));
	const journal = () => readdirSync(path.join(folder, "home")).find((name) => name.endsWith(".jsonl"));
	while (!journal() && interrupted.child.exitCode === null) await new Promise((next) => setTimeout(next, 5));
	interrupted.child.kill("SIGINT");
	expect(await once(interrupted.child, "close")).toEqual([130, null]);
	const [, before] = /Ended early: (\d+) of 64 pictures are in/.exec(interrupted.output().stderr) ?? [];
	const report = await run("screenshots", path.join(folder, "shots"));
	expect(report).toMatchObject({ pictures: 64, known: 0, items: 64, carried: { times: 63 } });
	expect(report.resumed).toBeGreaterThanOrEqual(Number(before));
	expect(report.sent).toBe(64 - report.resumed);
	expect(reasonsOf(report)).toEqual({ ".txt files are not taken": ["notes.txt"] });
	const items = await itemsByName();
	expect(items.size).toBe(64);
	expect(names.map((name) => items.get(name)?.taken_at_local)).toEqual([
		"2024-03-01T10:22:33",
		"2024-03-01T10:22:34",
		"2024-03-01T10:22:35",
		null,
	]);
});
