import { spawn } from "node:child_process";
import { once } from "node:events";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { packTar, type TarEntry } from "modern-tar";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { claimingHugeFile, idOf, type MadeArchive, makeArchive, writeFolder } from "./archives.ts";
import { signInAtStub, startCommand } from "./command.ts";
import { exportService } from "./export-service.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "cli-export-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(url: string, args: string[]) {
	const home = path.join(folder, "home");
	signInAtStub(home, url);
	return startCommand(home, args);
}

const run = (url: string, ...args: string[]) => start(url, args).ended;

const pictures = (size = 2_000) => [1, 2, 3].map((fill) => new Uint8Array(size).fill(fill));

describe("an export", () => {
	test("joins the parts into a file that any tar reads and verify confirms, without the service", async () => {
		const file = path.join(folder, "mine.tar");
		await using api = await exportService(await makeArchive(pictures()));
		expect(await run(api.url, "export", file)).toMatchObject({
			code: 0,
			stdout: `${file}: 3 items, 0 albums, 0 chats; every file is what the manifest says.\n`,
		});
		const listed = spawn("tar", ["tf", file]);
		let names = "";
		listed.stdout.on("data", (text) => (names += text));
		expect((await once(listed, "close"))[0]).toBe(0);
		expect(names.split("\n").slice(0, 3)).toEqual([
			"manifest.json",
			`items/${idOf(0)}.json`,
			`originals/${idOf(0)}.png`,
		]);
		expect(readdirSync(folder).sort()).toEqual(["home", "mine.tar"]);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		const verified = await run("http://127.0.0.1:1", "verify", file, "--json");
		expect(verified.code).toBe(0);
		expect(JSON.parse(verified.stdout)).toMatchObject({ items: 3, damaged: [] });
		expect(await run(api.url, "export", file)).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("is there already"),
		});
	});

	test("goes on after a kill in the middle of a part, and asks for no byte twice but those under way", async () => {
		const archive = await makeArchive(pictures(400_000));
		const file = path.join(folder, "mine.tar");
		await using api = await exportService(archive, { chunk: 20_000, afterMs: 10 });
		const { child } = start(api.url, ["export", file]);
		const partial = `${file}.partial`;
		while (child.exitCode === null && (!existsSync(partial) || statSync(partial).size < 500_000)) {
			await new Promise((next) => setTimeout(next, 5));
		}
		child.kill("SIGKILL");
		await once(child, "close");
		expect(existsSync(file)).toBe(false);
		expect(await run(api.url, "export", file)).toMatchObject({ code: 0 });
		expect(api.state.started).toBe(1);
		const total = archive.parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
		const sent = [...api.state.sent.values()].reduce((sum, bytes) => sum + bytes, 0);
		expect(sent).toBeLessThan(total + 300_000);
		expect(await run(api.url, "verify", file)).toMatchObject({ code: 0 });
	});

	test("ends by Ctrl-C with a sentence, and the same command finishes it", async () => {
		const file = path.join(folder, "mine.tar");
		await using api = await exportService(await makeArchive(pictures(400_000)), { chunk: 20_000, afterMs: 10 });
		const { child, output } = start(api.url, ["export", file]);
		while (child.exitCode === null && !existsSync(`${file}.partial`)) await new Promise((next) => setTimeout(next, 5));
		child.kill("SIGINT");
		expect((await once(child, "close"))[0]).toBe(130);
		expect(output().stderr).toBe(
			`Ended early. The same command goes on from there; what it has is in ${file}.partial.\n`,
		);
		expect(await run(api.url, "export", file)).toMatchObject({ code: 0 });
	});

	test("joins one that is running, and starts another where the one before is gone", async () => {
		const archive = await makeArchive(pictures());
		await using api = await exportService(archive);
		api.state.running = true;
		const file = path.join(folder, "mine.tar");
		expect(await run(api.url, "export", file)).toMatchObject({ code: 0 });
		api.state.running = false;
		api.state.expired = true;
		const other = path.join(folder, "other.tar");
		writeFileSync(`${other}.partial`, "old");
		const begun = { apiUrl: api.url, person: "a@example.com", job: "job-1" };
		writeFileSync(`${other}.partial.json`, JSON.stringify(begun));
		const { child } = start(api.url, ["export", other]);
		while (api.state.started < 2) await new Promise((next) => setTimeout(next, 5));
		api.state.expired = false;
		expect((await once(child, "close"))[0]).toBe(0);
		writeFileSync(`${folder}/third.tar.partial.json`, JSON.stringify({ ...begun, apiUrl: "https://elsewhere" }));
		expect((await run(api.url, "export", path.join(folder, "third.tar"))).stderr).toContain(
			"An export of https://elsewhere is unfinished in this place",
		);
	});

	test("refuses a second one into the same file while the first runs", async () => {
		const file = path.join(folder, "mine.tar");
		writeFileSync(`${file}.partial.lock`, String(process.pid));
		expect(await run("http://127.0.0.1:1", "export", file)).toMatchObject({
			code: 1,
			stderr: expect.stringContaining(`Another export into this file is running (process ${process.pid})`),
		});
	});

	test("refuses a part that stays another than the manifest says", async () => {
		const archive = await makeArchive(pictures());
		const part = archive.parts[1]?.bytes ?? new Uint8Array();
		part[600] = (part[600] ?? 0) ^ 1;
		await using api = await exportService(archive);
		expect(await run(api.url, "export", path.join(folder, "mine.tar"))).toMatchObject({
			code: 1,
			stderr: "items-000001.tar is not what the manifest says, however often it is read: export again.\n",
		});
	});
});

describe("verify", () => {
	const verify = (name: string) => run("http://127.0.0.1:1", "verify", path.join(folder, name));
	const file = (name: string, entries: TarEntry[]) =>
		packTar(entries).then((bytes) => writeFileSync(path.join(folder, name), bytes));
	const entry = (name: string, body: string, more: object = {}): TarEntry => ({
		header: { name, size: Buffer.byteLength(body), ...more },
		body,
	});
	let archive: MadeArchive;
	beforeEach(async () => {
		archive = await makeArchive(pictures());
		mkdirSync(path.join(folder, "parts"));
		writeFolder(path.join(folder, "parts"), archive);
	});
	const rewrite = (change: (manifest: MadeArchive["manifest"]) => void) => {
		change(archive.manifest);
		writeFolder(path.join(folder, "parts"), archive);
	};

	test("reads a folder of parts, and names each file that is not what the manifest says", async () => {
		expect(await verify("parts")).toMatchObject({ code: 0, stdout: expect.stringContaining("3 items") });
		const bytes = archive.parts[0]?.bytes ?? new Uint8Array();
		// In the picture, after three blocks: header and row, header.
		bytes[1_540] = 9;
		rewrite(() => {});
		expect(await verify("parts")).toMatchObject({
			code: 1,
			stdout: expect.stringContaining(
				`originals/${idOf(0)}.png is damaged: its bytes are not those of the manifest.\n`,
			),
		});
	});

	test("refuses a part that is missing or cut off", async () => {
		cpSync(path.join(folder, "parts"), path.join(folder, "cut"), { recursive: true });
		rmSync(path.join(folder, "parts/items-000001.tar"));
		expect((await verify("parts")).stderr).toContain("items-000001.tar is missing: download that part again.");
		truncateSync(path.join(folder, "cut/items-000001.tar"), 2_000);
		expect(await verify("cut")).toMatchObject({ code: 1, stderr: expect.stringContaining("is cut off or damaged") });
	});

	test("refuses a file that the manifest lacks, a link, and one of another size, before it reads them", async () => {
		const manifest = entry("manifest.json", JSON.stringify(archive.manifest));
		await file("more.tar", [manifest, entry("originals/more.png", "x")]);
		expect((await verify("more.tar")).stderr).toContain('has "originals/more.png", which its manifest does not name');
		await file("up.tar", [manifest, entry("../../.ssh/authorized_keys", "x")]);
		expect((await verify("up.tar")).stderr).toContain(
			'has "../../.ssh/authorized_keys", which its manifest does not name',
		);
		const name = `originals/${idOf(0)}.png`;
		for (const type of ["symlink", "link"] as const) {
			await file("link.tar", [manifest, { header: { name, size: 0, type, linkname: "/etc/passwd" } }]);
			expect((await verify("link.tar")).stderr).toContain(`has a ${type} ("${name}"), which no archive has`);
		}
		await file("bomb.tar", [manifest, entry(name, "x".repeat(1_000_000))]);
		expect((await verify("bomb.tar")).stderr).toContain(`${name} has 1000000 bytes in`);
		await file("few.tar", [manifest]);
		expect((await verify("few.tar")).stderr).toContain(`lacks 7 files of its manifest, items/${idOf(0)}.json first`);
	});

	test("refuses a manifest that names a path outside the archive, a path twice, or something else than an archive", async () => {
		rewrite(({ entries }) => {
			if (entries[0]) entries[0].path = "../outside.json";
		});
		expect((await verify("parts")).stderr).toContain("entries.0.path is no path of an archive");
		rewrite(({ entries }) => {
			if (entries[0]) entries[0].path = entries[1]?.path ?? "";
		});
		expect((await verify("parts")).stderr).toContain("twice");
		rewrite(({ parts }) => Object.assign(parts[0] ?? {}, { name: "../part.tar" }));
		expect((await verify("parts")).stderr).toContain("is no name of a part");
		rewrite((manifest) => Object.assign(manifest, { format: "another" }));
		expect((await verify("parts")).stderr).toContain("is no archive of Collections");
		expect((await run("", "verify", "README.md")).stderr).toContain("README.md is no archive of Collections");
		expect((await verify("nowhere")).stderr).toContain("There is no ");
	});

	test("reads no manifest that is larger than any", async () => {
		await file("small.tar", [entry("manifest.json", "{}")]);
		writeFileSync(path.join(folder, "huge.tar"), claimingHugeFile(readFileSync(path.join(folder, "small.tar"))));
		expect((await verify("huge.tar")).stderr).toContain("has 8589934591 bytes, more than that of any archive");
	});
});
