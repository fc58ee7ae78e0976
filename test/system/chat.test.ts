import { gunzipSync } from "node:zlib";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { StreamCut } from "#client/index.ts";
import { hourly } from "#lambdas/cleanup/schedule.ts";
import { collect } from "../support/collect.ts";
import { card } from "./drawings.ts";
import { OwnCloud } from "./own-cloud.ts";

let cloud: OwnCloud;
beforeAll(async () => {
	cloud = await OwnCloud.start();
});
afterAll(() => cloud?.remove());

interface Answered {
	message: { content: string };
	conversation_turn: number;
	search_results: { item_id: string; headline: string }[];
	tools_used: string[];
}

const cards = {
	ramen: ["Ramen Ichiban", "Shibuya", "Tonkotsu with egg", "Price 1200 yen"],
	sakura: ["Hotel Sakura", "Reservation in Tokyo", "Check in 15:00"],
	ginza: ["Hotel Ginza", "Reservation in Tokyo", "Check in 16:00"],
	alfama: ["Hotel Alfama", "Reservation in Lisbon", "Check in 14:00"],
};
const checkIn = { sakura: "15:00", ginza: "16:00", alfama: "14:00" };

test("ten turns refer back to one another, survive a restart, and stay private to their user", async () => {
	let ada = await cloud.newUser("ada@example.com");
	await cloud.newUser("bob@example.com");
	const ids = new Map<string, keyof typeof cards>();
	for (const [name, lines] of Object.entries(cards)) {
		const { id } = await ada.upload(`${name}.png`, await card(lines));
		ids.set(id, name as keyof typeof cards);
		expect((await ada.settled(id)).status).toBe("ready");
	}
	const say = (message: string) => ada.call<Answered>("POST", "/chat", { message, session_id: "trip" });
	const named = ({ search_results }: Answered) => search_results.map(({ item_id }) => ids.get(item_id));

	const all = await say("Show me my hotel reservations");
	const hotels = named(all) as (keyof typeof checkIn)[];
	expect([...hotels].sort()).toEqual(["alfama", "ginza", "sakura"]);
	expect(all.tools_used).toEqual(["search_collection"]);
	for (const { item_id } of all.search_results) {
		expect(all.message.content).toContain(`[${item_id}]`);
	}

	const second = await say("the second one");
	expect(named(second)).toEqual([hotels[1]]);
	expect(second.tools_used).toEqual(["get_item"]);

	const [firstHotel] = hotels;
	const first = await say("When is check in at the first one?");
	expect(named(first)).toEqual([firstHotel]);
	expect(first.message.content).toContain(checkIn[firstHotel as keyof typeof checkIn]);

	const narrowed = await say("only those in Tokyo");
	const inTokyo = hotels.filter((name) => name !== "alfama");
	expect(named(narrowed)).toEqual(inTokyo);

	const last = await say("and the last one?");
	expect(named(last)).toEqual([inTokyo[1]]);

	await cloud.stop();
	await cloud.restart();
	ada = await cloud.signIn("ada@example.com");

	const again = await say("the first one");
	expect(named(again)).toEqual([inTokyo[0]]);
	expect(again.conversation_turn).toBe(6);

	expect(named(await say("Find Ichiban"))).toEqual(["ramen"]);
	const price = await say("What is its price?");
	expect(named(price)).toEqual(["ramen"]);
	expect(price.message.content).toContain("1200 yen");

	const beyond = await say("the fourth one");
	expect(beyond.message.content).toBe("I showed only one item.");
	expect(beyond.search_results).toEqual([]);
	const nowhere = await say("only those in Paris");
	expect(nowhere.message.content).toBe('None of the items I showed says "Paris".');
	expect(nowhere.conversation_turn).toBe(10);

	const history = await ada.call<{
		messages: { role: string; content: string }[];
	}>("GET", "/chat/trip/history");
	expect(history).toMatchObject({ message_count: 20, in_progress: null });
	expect(history.messages.map(({ role }) => role)).toEqual(
		Array.from({ length: 10 }, () => ["user", "assistant"]).flat(),
	);
	expect(history.messages[2]?.content).toBe("the second one");

	const bob = await cloud.signIn("bob@example.com");
	for (const [method, address] of [
		["GET", "/chat/trip/history"],
		["DELETE", "/chat/trip"],
		["DELETE", "/chat/sessions/trip"],
	] as const) {
		await expect(bob.call(method, address)).rejects.toMatchObject({
			status: 404,
		});
	}
	expect(await bob.call("GET", "/chat/sessions")).toEqual({
		sessions: [],
		stats: { total_sessions: 0, total_messages: 0 },
	});
	const theirs = await bob.call<Answered>("POST", "/chat", {
		message: "the first one",
		session_id: "trip",
	});
	expect(theirs).toMatchObject({
		conversation_turn: 1,
		search_results: [],
		message: {
			content: "I have not shown any items yet: ask for some first.",
		},
	});

	expect(await cloud.invoke(cloud.outputs.CleanupFunctionName, hourly)).toEqual({
		active: 2,
		expired: 0,
		seen: 0,
		removed: 0,
	});

	expect(await ada.call("DELETE", "/chat/sessions/trip")).toEqual({
		status: "deleted",
		session_id: "trip",
	});
	await expect(ada.call("GET", "/chat/trip/history")).rejects.toMatchObject({
		status: 404,
	});
	// Bob's session with the same name remains.
	expect(await bob.call("GET", "/chat/trip/history")).toMatchObject({
		message_count: 2,
	});
}, 240_000);

test("the text of a deleted item leaves the history, the table and what the conversation knows", async () => {
	const eve = await cloud.newUser("eve@example.com");
	const { id } = await eve.upload(
		"secret.png",
		await card(["Xylophone Quartet", "Rehearsal in Graz", "Door code 4711"]),
	);
	const { id: unrelated } = await eve.upload("other.png", await card(["Xylophone Trio", "Concert in Linz"]));
	for (const each of [id, unrelated]) expect((await eve.settled(each)).status).toBe("ready");
	const say = (message: string) => eve.call<Answered>("POST", "/chat", { message, session_id: "music" });
	const shown = await say("Show me what I have of xylophone");
	expect(shown.search_results.map(({ item_id }) => item_id).sort()).toEqual([id, unrelated].sort());
	expect((await say("What is the door code?")).message.content).toContain("4711");
	expect(await storedChats()).toMatch(/Quartet|4711/);

	await eve.call("DELETE", `/items/${id}`);
	expect(await storedChats()).not.toMatch(/Quartet|Graz|4711/);
	const history = await eve.call<{ messages: Answered["message"][] }>("GET", "/chat/music/history");
	expect(JSON.stringify(history)).not.toMatch(/Quartet|Graz|4711/);
	expect(history.messages[1]).toMatchObject({
		content: expect.stringContaining("about a deleted item was removed"),
		search_results: expect.arrayContaining([expect.objectContaining({ item_id: id, headline: "", deleted: true })]),
	});
	const next = await say("the first one");
	expect(next.search_results.map(({ item_id }) => item_id)).toEqual([unrelated]);
	expect(JSON.stringify(await say("What is the door code?"))).not.toContain("4711");
});

test("a stream whose function dies is cut, and its message continues the turn once that is canceled", async () => {
	const kim = await cloud.newUser("kim@example.com");
	const request = { message: "Good morning", session_id: "cut" };
	await cloud.control.crashNext(String(cloud.outputs.StreamFunctionName), "before:sessions.endTurn");
	await expect(collect(kim.streamChat(request))).rejects.toThrow(StreamCut);
	await kim.cancelTurn("cut");
	const events = await collect(kim.streamChat(request));
	expect(events.at(-1)).toMatchObject({ event: "done", data: { conversation_turn: 1 } });
	expect(await kim.call("GET", "/chat/cut/history")).toMatchObject({ message_count: 2, in_progress: null });
	const stranger = await cloud.newUser("stranger@example.com");
	await expect(stranger.cancelTurn("cut")).rejects.toMatchObject({ status: 404, code: "session_not_found" });
});

/** Returns every item of the table of conversations, decompressed. */
async function storedChats(): Promise<string> {
	const client = new DynamoDBClient(cloud.client);
	const { Items = [] } = await client.send(new ScanCommand({ TableName: String(cloud.outputs.CheckpointTableName) }));
	client.destroy();
	const texts = Items.flatMap(Object.values).map(({ B, S = "" }: { B?: Uint8Array; S?: string }) => {
		const isCompressed = B?.[0] === 0x1f && B[1] === 0x8b;
		return B ? Buffer.from(isCompressed ? gunzipSync(B) : B).toString() : S;
	});
	return texts.join("\n");
}
