import { once } from "node:events";
import {
	appendFileSync,
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
import { afterEach, beforeEach, expect, test } from "vitest";
import { stubServer } from "../../client/test/stub-server.ts";
import { Ending, signInAtStub, startCommand, tokenOf } from "./command.ts";
import { Service, serving } from "./upload-service.ts";

/** As many files are uploaded through two kills: CLI_FILES=2000 tries a large folder. */
const files = Number(process.env.CLI_FILES || 120);

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "cli-"));
	mkdirSync(path.join(folder, "pictures/below"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(url: string, args: string[]) {
	const home = path.join(folder, "home");
	signInAtStub(home, url, tokenOf({ n: 1 }));
	return startCommand(home, args);
}

const run = (url: string, ...args: string[]) => start(url, args).ended;

test("a folder's upload survives two kills and a token's expiry, and nothing is sent twice", async () => {
	for (let at = 0; at < files; at++) {
		writeFileSync(path.join(folder, "pictures", at % 2 ? "below" : "", `${at}.png`), `picture ${at}`);
	}
	writeFileSync(path.join(folder, "pictures/copy.png"), "picture 0");
	const service = new Service();
	await using api = await stubServer((request) => service.answer(request));
	service.url = api.url;
	for (const share of [0.3, 0.6]) {
		const { child } = start(api.url, ["upload", "-r", path.join(folder, "pictures")]);
		while (service.stored.size < files * share && child.exitCode === null)
			await new Promise((next) => setTimeout(next, 2));
		child.kill("SIGKILL");
		await once(child, "close");
		expect(service.stored.size).toBeLessThan(files);
	}
	service.tokens++; // the token that the file has is refused
	const { code, stdout } = await run(api.url, "upload", "-r", path.join(folder, "pictures"), "--json");
	expect(code).toBe(0);
	const { sent, known, resumed, refused, item_ids } = JSON.parse(stdout);
	expect({ total: sent + known + resumed, refused }).toEqual({ total: files + 1, refused: [] });
	expect(resumed).toBeGreaterThan(0);
	expect(new Set(item_ids).size).toBe(files);
	expect(service.stored.size).toBe(files);
	expect([...service.stored].filter(([, times]) => times > 1)).toEqual([]);
	const journal = readdirSync(path.join(folder, "home")).find((name) => name.endsWith(".jsonl")) ?? "";
	expect(statSync(path.join(folder, "home", journal)).mode & 0o777).toBe(0o600);
	expect(readFileSync(path.join(folder, "home/session.json"), "utf8")).toContain(`"r${service.tokens}"`);
});

test("an upload that ends at any moment is finished by the next, which deletes the files last", async () => {
	const count = 60;
	const pictures = path.join(folder, "pictures");
	for (let at = 0; at < count; at++) writeFileSync(path.join(pictures, `${at}.png`), `picture ${at}`);
	const service = new Service();
	const ending = new Ending();
	await using api = await stubServer((request) => ({ ...service.answer(request), ...ending.at(request.path) }));
	service.url = api.url;
	const args = ["upload", pictures, "--tag", "trip", "--album", "Trip", "--delete-after"];
	for (const path of ["/uploads", "/storage", "/albums", "/items/batch"]) {
		expect(await ending.by("SIGKILL", path, start(api.url, args)), path).toBe(null);
		expect(await ending.by("SIGINT", path, start(api.url, args)), path).toBe(130);
	}
	expect(readdirSync(pictures).length).toBe(count + 1);
	expect(await run(api.url, ...args)).toMatchObject({ code: 0, stdout: expect.stringContaining("60 sent before") });
	expect([...service.stored.values()]).toEqual(Array(count).fill(1));
	expect(service.changes.size).toBe(count);
	expect(readdirSync(pictures)).toEqual(["below"]);
});

test("a line that was cut off in the journal takes no other with it", async () => {
	const pictures = path.join(folder, "pictures");
	writeFileSync(path.join(pictures, "a.png"), "a");
	const service = new Service();
	await using api = await stubServer((request) => service.answer(request));
	service.url = api.url;
	await run(api.url, "upload", pictures);
	const name = readdirSync(path.join(folder, "home")).find((name) => name.endsWith(".jsonl")) ?? "";
	appendFileSync(path.join(folder, "home", name), '{"file":"cut');
	writeFileSync(path.join(pictures, "b.png"), "b");
	await run(api.url, "upload", pictures);
	expect(await run(api.url, "upload", pictures)).toMatchObject({ stdout: expect.stringContaining("2 sent before") });
});

test("a dry run lists what is not in yet, also while an upload runs", async () => {
	const pictures = path.join(folder, "pictures");
	const file = (name: string) => path.join(pictures, name);
	await using api = await serving();
	writeFileSync(file("a.png"), "a");
	const dry = (...args: string[]) => run(api.url, "upload", pictures, "--dry-run", ...args);
	expect(await dry()).toMatchObject({
		code: 0,
		stdout: `${file("a.png")}\n1 picture, 0.0 MB, 0 sent before; nothing was sent.\n`,
	});
	await run(api.url, "upload", pictures);
	writeFileSync(file("b.png"), "bb");
	const journal = readdirSync(path.join(folder, "home")).find((name) => name.endsWith(".jsonl")) ?? "";
	writeFileSync(path.join(folder, "home", `${journal}.lock`), String(process.pid));
	expect(JSON.parse((await dry("--json")).stdout)).toEqual({
		files: [file("b.png")],
		bytes: 2,
		resumed: 1,
		skipped: [],
	});
	expect(api.service.stored.size).toBe(1);
});

test("a file is deleted only once its item is there, also where the journal has it", async () => {
	const picture = path.join(folder, "pictures/a.png");
	writeFileSync(picture, "a");
	const service = new Service();
	await using api = await stubServer((request) => service.answer(request));
	service.url = api.url;
	await run(api.url, "upload", picture);
	service.stored.clear(); // the person deleted the item
	expect(await run(api.url, "upload", picture, "--delete-after")).toMatchObject({
		code: 0,
		stdout: "1 sent, 0 there already, 0 sent before, 0 refused.\n",
	});
	expect([...service.stored.values()]).toEqual([1]);
	expect(existsSync(picture)).toBe(false);
});

test("of uploads at once one goes on and the others say so, also after a kill", async () => {
	const pictures = path.join(folder, "pictures");
	for (let at = 0; at < 20; at++) writeFileSync(path.join(pictures, `${at}.png`), `picture ${at}`);
	const service = new Service();
	const ending = new Ending();
	await using api = await stubServer((request) => ({
		...service.answer(request),
		...(request.path === "/storage" && { afterMs: 300 }),
		...ending.at(request.path),
	}));
	service.url = api.url;
	await ending.by("SIGKILL", "/storage", start(api.url, ["upload", pictures]));
	expect(readdirSync(path.join(folder, "home")).some((name) => name.endsWith(".lock"))).toBe(true);
	const ended = await Promise.all([1, 2, 3, 4].map(() => run(api.url, "upload", pictures)));
	expect(ended.map(({ code }) => code).sort()).toEqual([0, 1, 1, 1]);
	for (const { code, stderr } of ended)
		if (code === 1) expect(stderr).toMatch(/^Another upload is running \(process \d+\): wait/);
	expect([...service.stored.values()]).toEqual(Array(20).fill(1));
	expect(await run(api.url, "upload", pictures)).toMatchObject({
		code: 0,
		stdout: expect.stringContaining("20 sent before"),
	});
});

test("a file that is larger than any picture is refused before it is read", async () => {
	const service = new Service();
	await using api = await stubServer((request) => service.answer(request));
	service.url = api.url;
	const large = path.join(folder, "pictures/large.png");
	writeFileSync(large, "");
	truncateSync(large, 60_000_000_000);
	writeFileSync(path.join(folder, "pictures/small.png"), "small");
	expect(await run(api.url, "upload", path.join(folder, "pictures"))).toMatchObject({
		code: 4,
		stdout: `${large}: It has 60000000000 bytes, and a picture at most 50 MB.\n1 sent, 0 there already, 0 sent before, 1 refused.\n`,
	});
});

test("a watched folder's pictures are sent once they are whole, also from a new folder below", async () => {
	const pictures = path.join(folder, "pictures");
	writeFileSync(path.join(pictures, "before.png"), "before");
	const service = new Service();
	await using api = await stubServer((request) => service.answer(request));
	service.url = api.url;
	const { child, output } = start(api.url, ["upload", "-r", "--watch", pictures, "--json"]);
	const lots = () => output().stdout.split("\n").filter(Boolean);
	const until = async (holds: () => boolean) => {
		while (!holds() && child.exitCode === null) await new Promise((next) => setTimeout(next, 20));
	};
	await until(() => lots().length === 1);
	writeFileSync(path.join(pictures, "slow.png"), "half ");
	writeFileSync(path.join(pictures, "note.txt"), "no picture");
	for (let at = 0; at < 5; at++) {
		await new Promise((next) => setTimeout(next, 700));
		writeFileSync(path.join(pictures, "slow.png"), "half ".repeat(at + 2));
		expect(service.stored.size).toBe(1);
	}
	await until(() => service.stored.size === 2);
	mkdirSync(path.join(pictures, "new/deep"), { recursive: true });
	writeFileSync(path.join(pictures, "new/deep/late.png"), "late");
	await until(() => lots().length === 3);
	child.kill("SIGINT");
	expect(await once(child, "close")).toEqual([130, null]);
	expect(lots().map((line) => JSON.parse(line).sent)).toEqual([1, 1, 1]);
	expect(output().stderr).toContain("3 of 3 files are in");
	const bodies = api.received.filter(({ path: route }) => route === "/storage").map(({ body }) => body);
	expect(bodies[1]).toContain("half ".repeat(6));
	expect((await run(api.url, "upload", "--watch", path.join(pictures, "slow.png"))).stderr).toContain("is no folder");
});

test("exit codes say why a command ended, and --json says it to a program", async () => {
	const service = new Service();
	await using api = await stubServer((request) => service.answer(request));
	service.url = api.url;
	expect(await run(api.url, "upload", path.join(folder, "pictures"))).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("folders below need -r"),
	});
	expect(await run(api.url, "upload", path.join(folder, "nowhere"))).toMatchObject({ code: 2 });
	const usage = await run(api.url, "usage", "--json");
	expect(usage).toMatchObject({ code: 1, stdout: "" });
	expect(JSON.parse(usage.stderr)).toEqual({ error: "This environment does not count usage.", exit_code: 1 });
	expect(await run(api.url, "logout")).toMatchObject({ code: 0 });
	expect(await run(api.url, "list")).toMatchObject({
		code: 3,
		stderr: "You are not signed in: run collections login.\n",
	});
	const help = (await run(api.url, "--help")).stdout.trimEnd().split("\n");
	expect(help.length).toBeLessThanOrEqual(24);
	expect(Math.max(...help.map((line) => line.length))).toBeLessThanOrEqual(80);
});
