import { execFileSync, spawnSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statfsSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeArchive, writeFolder } from "./archives.ts";
import { signInAtStub, startCommand, startProgram, tokenOf } from "./command.ts";
import { exportService } from "./export-service.ts";
import { serving } from "./upload-service.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "cli-places-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a full disk", () => {
	const fullSentence = "The disk is full: free some space and run the same command again.\n";

	/** A disk of a few kilobytes; null where this user may not make one. */
	function smallDisk(kilobytes: number) {
		const place = path.join(folder, "disk");
		mkdirSync(place);
		const mount = (options: string) =>
			spawnSync("mount", ["-t", "tmpfs", "-o", options, "collections-test", place]).status === 0;
		if (!mount(`size=${kilobytes}k`)) return null;
		return {
			place,
			/** Fills it but for some kilobytes. */
			fill(free: number) {
				const { bavail, bsize } = statfsSync(place);
				writeFileSync(path.join(place, "filling"), new Uint8Array(bavail * bsize - free * 1_024));
			},
			grow: () => execFileSync("mount", ["-o", "remount,size=50m", place]),
			[Symbol.dispose]: () => execFileSync("umount", [place]),
		};
	}
	const unmountable = "needs the right to mount a disk of its own";

	test("ends an export with a sentence, and the same command finishes it once there is room", async ({ skip }) => {
		using disk = smallDisk(600);
		if (!disk) return skip(unmountable);
		const archive = await makeArchive([1, 2, 3].map((fill) => new Uint8Array(400_000).fill(fill)));
		await using api = await exportService(archive);
		const run = () => {
			signInAtStub(path.join(folder, "home"), api.url);
			return startCommand(path.join(folder, "home"), ["export", path.join(disk.place, "mine.tar")]).ended;
		};
		expect(await run()).toEqual({ code: 1, stdout: "", stderr: fullSentence });
		expect(readdirSync(disk.place).sort()).toEqual(["mine.tar.partial", "mine.tar.partial.json"]);
		disk.grow();
		const before = api.state.sent.get("items-000000.tar");
		expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining("3 items") });
		expect(api.state.started).toBe(1);
		expect(api.state.sent.get("items-000000.tar")).toBe(before);
		expect(readdirSync(disk.place)).toEqual(["mine.tar"]);
	});

	test("ends an upload whose journal has no room, and the next one sends nothing twice", async ({ skip }) => {
		using disk = smallDisk(200);
		if (!disk) return skip(unmountable);
		const [home, pictures] = [path.join(disk.place, "home"), path.join(folder, "pictures")];
		const count = 80;
		mkdirSync(pictures);
		for (let at = 0; at < count; at++) writeFileSync(path.join(pictures, `${at}.png`), `picture ${at}`);
		await using api = await serving();
		signInAtStub(home, api.url, tokenOf({ n: 1 }));
		disk.fill(12);
		const upload = () => startCommand(home, ["upload", pictures]).ended;
		expect(await upload()).toEqual({ code: 1, stdout: "", stderr: fullSentence });
		expect(api.service.stored.size).toBeGreaterThan(0);
		expect(readdirSync(home).some((name) => name.endsWith(".lock"))).toBe(false);
		disk.grow();
		expect(await upload()).toMatchObject({ code: 0 });
		expect([...api.service.stored.values()]).toEqual(Array(count).fill(1));
	});

	test("and a limit of the shell end an export with a sentence each", async () => {
		const archive = await makeArchive([new Uint8Array(400_000).fill(1)]);
		await using api = await exportService(archive);
		const home = path.join(folder, "home");
		signInAtStub(home, api.url);
		const command = `ulimit -f 100; exec "$0" packages/cli/collections.mjs export "$1"`;
		const limited = startProgram(home, "sh", ["-c", command, process.execPath, path.join(folder, "mine.tar")]);
		expect(await limited.ended).toMatchObject({
			code: 1,
			stderr:
				"A file would become larger than this disk, or the limit of this shell, allows: give another place, or raise ulimit -f.\n",
		});
	});
});

/** Permissions do not bind root, who alone can start a command as another user; that one must be able to read the repository. */
const nobody = { uid: 65_534, gid: 65_534 };
const canBeNobody =
	process.getuid?.() === 0 &&
	spawnSync(process.execPath, ["packages/cli/collections.mjs", "--help"], nobody).status === 0;

describe.skipIf(!canBeNobody)("a place without permission (needs root, to be another user)", () => {
	let home: string;
	const start = (...args: string[]) => startCommand(home, args, nobody).ended;
	/** Makes what nobody owns, with a mode. */
	const owned = (mode: number, ...names: string[]) => {
		const place = path.join(folder, ...names);
		chmodSync(place, mode);
		return place;
	};

	test("is skipped by an upload, named, and told by the exit code", async () => {
		chmodSync(folder, 0o755);
		home = path.join(folder, "home");
		await using api = await serving();
		signInAtStub(home, api.url, tokenOf({ n: 1 }));
		owned(0o777, "home");
		owned(0o644, "home/session.json");
		for (const name of ["mine", "mine/locked", "mine/open"]) mkdirSync(path.join(folder, name));
		for (const name of ["locked/a.png", "open/b.png", "open/c.png"])
			writeFileSync(path.join(folder, "mine", name), name);
		const [locked, unreadable] = [owned(0o700, "mine/locked"), owned(0o600, "mine/open/c.png")];
		const skipped = `${locked} cannot be read (EACCES): ask its owner for it.`;
		expect(await start("upload", "-r", path.join(folder, "mine"))).toEqual({
			code: 4,
			stdout: `${unreadable}: It cannot be read (EACCES).\n1 sent, 0 there already, 0 sent before, 1 refused.\n`,
			stderr: `Skipped ${skipped}\n`,
		});
		expect(await start("upload", locked)).toEqual({
			code: 1,
			stdout: "",
			stderr: `Nothing can be sent: ${skipped}\n`,
		});
		// A folder whose files may not be deleted.
		expect(await start("upload", "-r", path.join(folder, "mine/open"), "--delete-after")).toMatchObject({
			code: 4,
			stdout: expect.stringContaining("b.png is stored, and could not be deleted here (EACCES)."),
		});
	});

	test("for an export, an archive or the journal is named with what to do", async () => {
		chmodSync(folder, 0o755);
		home = path.join(folder, "home");
		await using api = await serving();
		signInAtStub(home, api.url, tokenOf({ n: 1 }));
		owned(0o644, "home/session.json");
		mkdirSync(path.join(folder, "locked"));
		const archive = path.join(folder, "archive");
		mkdirSync(archive);
		writeFolder(archive, await makeArchive([new Uint8Array(10)]));
		const manifest = owned(0o600, "archive/manifest.json");
		writeFileSync(path.join(folder, "a.png"), "a");
		const asks = "ask its owner for it, or give another place.\n";
		expect(await start("export", path.join(folder, "locked"))).toMatchObject({
			code: 1,
			stderr: `You may not use ${folder}/locked/collections.tar.partial.lock (open: EACCES): ${asks}`,
		});
		for (const command of ["verify", "import"]) {
			expect(await start(command, archive), command).toMatchObject({
				code: 1,
				stderr: `You may not use ${manifest} (open: EACCES): ${asks}`,
			});
		}
		expect(await start("upload", path.join(folder, "a.png"))).toMatchObject({
			code: 1,
			stderr: expect.stringMatching(/^You may not use .*\/home\/uploads-\w+\.jsonl\.lock \(open: EACCES\): ask/),
		});
		expect(existsSync(path.join(folder, "a.png"))).toBe(true);
		expect(readFileSync(path.join(home, "session.json"), "utf8")).toContain(api.url);
	});
});
