import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stubServer } from "../../client/test/stub-server.ts";
import { isSameMoment } from "../src/import-from/moment.ts";
import { sidecarOf } from "../src/import-from/takeout.ts";
import { readXmp } from "../src/import-from/xmp.ts";
import { claimingHugeFile } from "./archives.ts";
import { makeZip } from "./zip.ts";

describe("the sidecar of a picture of Google's", () => {
	it.each([
		["IMG_1.jpg", "IMG_1.jpg"],
		["IMG_1.jpg", "IMG_1.jpg.supplemental-metadata"],
		["IMG_1.jpg", "IMG_1.jpg.supplemental-me"],
		["IMG_1.jpg", "IMG_1.jpg."],
		["IMG_1.jpg", "IMG_1"],
		["IMG_1(2).jpg", "IMG_1.jpg(2)"],
		["IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2)"],
		["IMG_1(2).jpg", "IMG_1(2).jpg.supplemental-metadata"],
		["IMG_1~2.jpg", "IMG_1~2.jpg.supplemental-metadata"],
		["PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg", "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN"],
		["Backyard_ceremony_wedding_photography_xxxxxxx_m(494).jpg", "Backyard_ceremony_wedding_photography_xxxxxxx_(494)"],
		["05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jpg", "05yqt21kruxwwlhhgrwrdyb6chhwszi9bqmzu16w0 2.jp"],
		["IMG_1-edited.jpg", "IMG_1.jpg.supplemental-metadata"],
		["IMG_1-bearbeitet(2).jpg", "IMG_1.jpg.supplemental-metadata(2)"],
	])("of %s is %s", (picture, sidecar) => {
		const names = new Map(["other", sidecar, "IMG_1.jpg.supplemental-metadata(9)"].map((name) => [name, name]));
		expect(sidecarOf(picture, names)).toBe(sidecar);
	});

	it.each([
		["IMG_1.jpg", "IMG_1.jpg(1)"],
		["IMG_1(2).jpg", "IMG_1.jpg"],
		["IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(3)"],
		["IMG_12.jpg", "IMG_1.jpg"],
		["IMG_1.jpg", "IMG_"],
		["IMG_1.jpg", "IMG_1.jpg.other"],
	])("of %s is not %s", (picture, sidecar) => {
		expect(sidecarOf(picture, new Map([[sidecar, sidecar]]))).toBeUndefined();
	});
});

describe("an item's own time", () => {
	const item = (taken_at_local: string | null, taken_at_offset: string | null = null) => ({
		taken_at_local,
		taken_at_offset,
	});

	it.each([
		[item("2024-03-01T06:00:00"), "2024-03-01T11:00:00.000Z", true],
		[item("2024-03-01T16:30:00"), "2024-03-01T11:00:00Z", true],
		[item("2024-03-01T06:00:01"), "2024-03-01T11:00:00Z", false],
		[item("2024-03-03T11:00:00"), "2024-03-01T11:00:00Z", false],
		[item("2024-03-01T06:00:00", "-05:00"), "2024-03-01T11:00:00Z", true],
		[item("2024-03-01T06:00:00", "-06:00"), "2024-03-01T11:00:00Z", false],
		[item("2024-03-01T06:00:00", "-06:00"), "2024-03-01T06:00:00", true],
		[item(null), "2024-03-01T06:00:00", false],
	])("%o is the moment %s: %s", (own, at, isSame) => {
		expect(isSameMoment(own, at)).toBe(isSame);
	});
});

describe("XMP", () => {
	it("expands no entity of its own", () => {
		const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<x:xmpmeta><rdf:RDF><rdf:Description><dc:description>&b;</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>`;
		expect(readXmp(bomb).description).toBe("&b;");
	});
});

describe("what is no export", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(path.join(tmpdir(), "cli-import-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const write = (file: string, content: string | Uint8Array) => {
		const target = path.join(folder, file);
		mkdirSync(path.dirname(target), { recursive: true });
		writeFileSync(target, content);
		return target;
	};
	const run = (...args: string[]) =>
		new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
			const env = { ...process.env, COLLECTIONS_HOME: folder, TMPDIR: folder };
			const command = ["packages/cli/collections.mjs", "import-from", ...args, "--dry-run"];
			execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
				resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
			);
		});

	it("is refused with a sentence that says what to give", async () => {
		const dump = path.dirname(write("dump/manifest.json", '{"format": "karakeep.dump", "version": 1}'));
		const cases: [args: string[], sentence: string][] = [
			[["karakeep", write("links.json", '{"bookmarks": []}')], "its backups, have no pictures"],
			[["karakeep", write("empty.json", "")], "empty.json is neither a folder nor a ZIP or tar.gz file"],
			[["karakeep", write("backup.zip", makeZip([{ name: "a.json", content: "{}" }]))], "is no dump of Karakeep"],
			[["karakeep", path.dirname(write("empty/file", ""))], "is no dump of Karakeep: make one with"],
			[["karakeep", path.dirname(write("bad/manifest.json", "{"))], "manifest.json cannot be read as JSON"],
			[["karakeep", dump], "has no assets: make it without --exclude-assets"],
			[["takeout", dump, dump], "is a folder: give one folder, or the archives of one export."],
			[["immich", "http://127.0.0.1:9", "http://127.0.0.1:9"], "There is no http://127.0.0.1:9"],
			[["takeout", path.join(folder, "nowhere")], "There is no "],
			[["immich", "http://127.0.0.1:9"], "Immich needs a key"],
			[["picasa", folder], "picasa is not known: karakeep, immich, takeout, screenshots are."],
		];
		for (const [args, sentence] of cases) {
			const { code, stderr } = await run(...args);
			expect([code, stderr], args.join(" ")).toEqual([2, expect.stringContaining(sentence)]);
		}
	});

	it("is refused where it is an archive that is cut off, or a bomb", async () => {
		const zip = makeZip([{ name: "Takeout/a.jpg", content: "a".repeat(1_000) }]);
		const tar = await packTar([{ header: { name: "manifest.json", size: 1_000 }, body: "a".repeat(1_000) }]);
		const cases: [archive: string, sentence: string][] = [
			[write("cut.zip", zip.subarray(0, -30)), "cut.zip is cut off or damaged: download it again."],
			[write("cut.tgz", gzipSync(tar).subarray(0, -30)), "cut.tgz is cut off or damaged: download it again."],
			[write("short.tgz", gzipSync(tar.subarray(0, 1_000))), "short.tgz is cut off or damaged: download it again."],
			[
				write("bomb.zip", makeZip([{ name: "a.jpg", content: "", claimed: { size: 4_000_000_000 } }])),
				"bomb.zip unpacks to more than 100 MB, 100 times its size or more: no export does, and it is not read.",
			],
			[write("bomb.tgz", gzipSync(claimingHugeFile(tar))), "bomb.tgz unpacks to more than 100 MB"],
		];
		for (const [archive, sentence] of cases) {
			const { code, stderr } = await run("takeout", archive);
			expect([code, stderr], archive).toEqual([2, expect.stringContaining(sentence)]);
		}
		expect(readdirSync(folder).filter((name) => name.startsWith("collections-import-"))).toEqual([]);
	});

	it("is left alone in an archive: a link, a path that leads out, what is encrypted, and a second file of a path", async () => {
		const picture = { content: "p" };
		const first = write(
			"1.zip",
			makeZip([
				{ name: "Takeout/a.jpg", ...picture },
				{ name: "Takeout/link.jpg", content: "/etc/hostname", mode: 0o120777 },
				{ name: "Takeout/pipe.jpg", content: "", mode: 0o010644 },
				{ name: "../../up.jpg", ...picture },
				{ name: "/pictures/up.jpg", ...picture },
				{ name: "Takeout/..\\..\\windows.jpg", ...picture },
				{ name: "Takeout/secret.jpg", ...picture, claimed: { flags: 1 } },
				{ name: "Takeout/lzma.jpg", ...picture, claimed: { method: 14 } },
				{ name: "Takeout/a.jpg.json", content: '{"photoTakenTime": {}}', claimed: { size: 5 } },
				{ name: "__MACOSX/Takeout/._a.jpg", ...picture },
			]),
		);
		const second = write(
			"2.zip",
			makeZip([
				{ name: "Takeout/a.jpg", content: "another" },
				{ name: "Takeout/b.jpg", ...picture },
			]),
		);
		const { stdout } = await run("takeout", first, second, "--json");
		const { pictures, not_carried } = JSON.parse(stdout) as {
			pictures: number;
			not_carried: { reason: string; names: string[] }[];
		};
		expect(pictures).toBe(2);
		const reasons = Object.fromEntries(not_carried.map(({ reason, names }) => [reason, names]));
		expect(reasons).toMatchObject({
			"its path leads out of the archive": ["../../up.jpg", "/pictures/up.jpg", "Takeout/../../windows.jpg"],
			"links are not followed": [`${first}/Takeout/link.jpg`, `${first}/Takeout/pipe.jpg`],
			"is encrypted: unpack it with its password, and give the folder": [`${first}/Takeout/secret.jpg`],
			"is packed in another way than ZIP files are: unpack it, and give the folder": [`${first}/Takeout/lzma.jpg`],
			"another file of the archives has its path": [`${second}/Takeout/a.jpg`],
		});
		expect(Object.keys(reasons).find((reason) => reason.startsWith("a sidecar that is no JSON"))).toContain(
			"its bytes are not those that the archive lists",
		);
	});

	it("is a server that is no Immich, that moved, or that does not answer", async () => {
		await using page = await stubServer(() => ({ body: "<html>" }));
		await using moved = await stubServer(() => ({ status: 301, headers: { location: "https://new.example/api" } }));
		expect(await run("immich", page.url, "--key", "k")).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("does not answer as Immich does"),
		});
		expect(await run("immich", moved.url, "--key", "k")).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("is now at https://new.example/api"),
		});
		const gone = await stubServer(() => ({}));
		await gone[Symbol.asyncDispose]();
		expect(await run("immich", gone.url, "--key", "k")).toMatchObject({
			code: 5,
			stderr: expect.stringContaining("does not answer: is the address right"),
		});
	});
});
