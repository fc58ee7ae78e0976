import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CognitoSession, CollectionsClient } from "#client/index.ts";
import { keepSession, startCommand } from "../../packages/cli/test/command.ts";
import { card } from "./drawings.ts";
import { newUser, outputs } from "./environment.ts";

let home: string;
let owner: CollectionsClient;

beforeEach(async () => {
	home = mkdtempSync(path.join(tmpdir(), "collections-chat-"));
	owner = await newUser("talker");
});
afterEach(() => rmSync(home, { recursive: true }));

/** Signs the command line in, with the address of streamed answers or without. */
function signIn(streamUrl: string | null): void {
	const { refreshToken, idToken } = owner.session as CognitoSession;
	const pool = { clientId: outputs.CliClientId, endpoint: outputs.CognitoEndpoint };
	const address = { apiUrl: outputs.ApiUrl, ...(streamUrl && { streamUrl }), pool };
	keepSession(home, { ...address, email: "a", refreshToken, idToken });
}

function chat(input: string, ...args: string[]) {
	const { child, ended } = startCommand(home, ["chat", ...args]);
	child.stdin?.end(input);
	return ended;
}

test("piped lines are one conversation, streamed or not, and cite the items that answer", async () => {
	const { id } = await owner.upload("ramen.png", await card(["Ramen Ichiban", "Tonkotsu with egg", "Price 1200 yen"]));
	await owner.settled(id);
	for (const [session, streamUrl] of [
		["streamed", outputs.StreamUrl ?? null],
		["plain", null],
	] as const) {
		signIn(streamUrl);
		const lines = "What does the ramen cost?\n\nWhere is it?\n";
		const { code, stdout, stderr } = await chat(lines, "--session", session, "--json");
		expect(code, stderr).toBe(0);
		const answers = stdout
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(answers.map(({ session_id, conversation_turn }) => [session_id, conversation_turn])).toEqual([
			[session, 1],
			[session, 2],
		]);
		expect(answers[0].message.content).toContain("1200");
		const output = await chat("", "--session", session, "What", "does", "the", "ramen", "cost?");
		expect(output).toMatchObject({ code: 0, stdout: expect.stringContaining("[1]") });
		expect(output.stdout).toContain(id);
		const { data } = await owner.api.GET("/chat/{session_id}/history", { params: { path: { session_id: session } } });
		expect(data?.message_count).toBe(6);
	}
	const refused = await chat("", "--session", "plain", "x".repeat(100_000));
	expect([refused.code, refused.stdout]).toEqual([1, ""]);
});
