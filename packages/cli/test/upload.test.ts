import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Received, stubServer } from "../../client/test/stub-server.ts";
import { signInAtStub, startCommand, tokenOf } from "./command.ts";

/** As many files are uploaded through two kills: CLI_FILES=2000 tries a large folder. */
const files = Number(process.env.CLI_FILES || 120);

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "cli-"));
	mkdirSync(path.join(folder, "pictures/below"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An API, its storage and its user pool: an item is pending until its bytes are stored. */
class Service {
	readonly stored = new Map<string, number>();
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
