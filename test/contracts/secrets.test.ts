import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { secretReader, secretTextReader } from "#aws/secrets.ts";

let server: Server;
let reads: string[] = [];
/** True while the server answers no request. */
let mute = false;
const secrets: Record<string, string> = {};

beforeAll(async () => {
	server = createServer((request, response) => {
		request.setEncoding("utf8").on("data", (body) => {
			const { SecretId } = JSON.parse(body);
			reads.push(SecretId);
			if (mute) return;
			response.setHeader("content-type", "application/x-amz-json-1.1");
			if (SecretId in secrets) {
				response.end(JSON.stringify({ SecretString: secrets[SecretId] }));
			} else {
				response.statusCode = 400;
				response.end(JSON.stringify({ __type: "ResourceNotFoundException" }));
			}
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
	const { port } = server.address() as { port: number };
	vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
	vi.stubEnv("AWS_REGION", "eu-central-1");
	vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
	vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => {
	vi.unstubAllEnvs();
	server.close();
	server.closeAllConnections();
});
beforeEach(() => {
	reads = [];
	mute = false;
	secrets.login = JSON.stringify({ username: "app", password: "first" });
});

it("concurrent reads share one request, and a fresh read sends another", async () => {
	const read = secretReader();
	const both = await Promise.all([read("login"), read("login")]);
	expect(both[0]).toEqual({ username: "app", password: "first" });
	expect(reads).toEqual(["login"]);
	secrets.login = JSON.stringify({ username: "app", password: "second" });
	expect((await read("login")).password).toBe("first");
	expect((await read("login", { fresh: true })).password).toBe("second");
	expect((await read("login")).password).toBe("second");
	expect(reads).toHaveLength(2);
});

it("a read without a response fails within seconds, and the next read tries again", async () => {
	const read = secretReader();
	mute = true;
	await expect(read("login")).rejects.toMatchObject({ name: "TimeoutError" });
	mute = false;
	expect(await read("login")).toMatchObject({ username: "app" });
});

it("a failed read is not cached", async () => {
	const read = secretReader();
	await expect(read("later")).rejects.toMatchObject({
		name: "ResourceNotFoundException",
	});
	secrets.later = secrets.login ?? "";
	expect(await read("later")).toMatchObject({ username: "app" });
});

it.each(["not json hunter2", '"hunter2"', "null", '{"username":"hunter2"}'])(
	"the refusal of a secret that holds %j has its name and not its content",
	async (content) => {
		secrets.broken = content;
		const error = await secretReader()("broken").catch((caught) => caught);
		expect(error.message).toMatch(/The secret broken .* username and password/);
		expect(JSON.stringify([error.message, error.stack])).not.toContain("hunter2");
	},
);

it("a secret that is a text is read by name, and null where nobody has stored it", async () => {
	secrets.signing = "whsec_1\n";
	expect(await secretTextReader()("signing")).toBe("whsec_1");
	expect(await secretTextReader()("never-stored")).toBeNull();
	mute = true;
	await expect(secretTextReader()("signing")).rejects.toMatchObject({ name: "TimeoutError" });
});
