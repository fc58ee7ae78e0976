import { randomUUID } from "node:crypto";
import { type AttributeValue, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { hourly } from "#lambdas/cleanup/schedule.ts";
import type { GrantsCloud } from "./grants-cloud.ts";
import { findRequest, longRequest } from "./provider-stub.ts";
import { check, exists, type GrantScenario, owner, picture, put, ready, until } from "./steps.ts";

interface ChatAnswer {
	message: { content: string };
	conversation_turn: number;
	search_results: { item_id: string }[];
}
const sendMessage = ({ user }: GrantsCloud, session_id: string, message = "Show me pictures") =>
	user.call<ChatAnswer>("POST", "/chat", { session_id, message });

/** Lists every version of a conversation's objects. */
export async function payloads(system: GrantsCloud, session: string) {
	const { Versions = [], DeleteMarkers = [] } = await system.s3.send(
		new ListObjectVersionsCommand({
			Bucket: system.outputs.BucketName,
			Prefix: `checkpoints/${owner(system)}/${session}/`,
		}),
	);
	return [...Versions, ...DeleteMarkers];
}

/** Scenarios of turns, sessions and their deletion. */
export const conversationScenarios: GrantScenario[] = [
	{
		name: "a fresh api traces a user's first turn",
		run: async (system, signal) => {
			await system.cold(String(system.outputs.ApiFunctionName));
			const before = system.requestedPaths.length;
			await sendMessage(system, randomUUID());
			await until("it is traced", signal, async () =>
				system.requestedPaths.slice(before).some((url) => url.startsWith("/langsmith/")),
			);
		},
	},
	{
		name: "a fresh api searches the web in a turn",
		run: async (system) => {
			await system.cold(String(system.outputs.ApiFunctionName));
			await sendMessage(system, randomUUID(), "Search the web for harbours");
		},
	},
	{
		name: "a conversation is continued, listed, read and deleted",
		provesActions: /^(?!logs:|sqs:)/,
		run: async (system) => {
			const { user } = system;
			const session = randomUUID();
			for (const turn of [1, 2]) {
				const { conversation_turn } = await sendMessage(system, session);
				check(conversation_turn === turn, `it is turn ${turn}`);
			}
			const { sessions } = await user.call<{
				sessions: { session_id: string }[];
			}>("GET", "/chat/sessions");
			check(
				sessions.some(({ session_id }) => session_id === session),
				"it is listed",
			);
			const { message_count } = await user.call<{ message_count: number }>("GET", `/chat/${session}/history`);
			check(message_count === 4, "it has four messages");
			const { title } = await user.call<{ title: string }>("PATCH", `/chat/sessions/${session}`, { title: "Trip" });
			check(title === "Trip", "it has its title");
			await user.call("DELETE", `/chat/sessions/${session}`);
		},
	},
	{
		name: "a conversation whose state is too large for an item continues, and its deletion leaves nothing",
		run: async (system) => {
			const session = randomUUID();
			for (const turn of [1, 2, 3]) {
				const answer = await sendMessage(system, session, longRequest);
				check(answer.conversation_turn === turn, "it goes on");
			}
			check((await payloads(system, session)).length > 0, "it is in the bucket");
			await system.user.call("DELETE", `/chat/sessions/${session}`);
			check((await payloads(system, session)).length === 0, "it is gone");
		},
	},
	{
		name: "a conversation continues from a payload in the bucket",
		run: async (system) => {
			const session = randomUUID();
			await sendMessage(system, session);
			await moveOut(system, session);
			const { conversation_turn } = await sendMessage(system, session);
			check(conversation_turn === 2, "it goes on");
		},
	},
	{
		name: "the sweeper removes a deleted item from a conversation that a turn kept",
		provesActions: /^(?!logs:|sqs:)/,
		run: async (system, signal) => {
			const { user, control } = system;
			const session = randomUUID();
			const uploaded = await user.upload("picture.png", await picture());
			await ready(system, uploaded.id, signal);
			// All pictures have the same words here: the answer shows some of them.
			const [item] = (await sendMessage(system, session, findRequest)).search_results;
			if (!item) throw new Error("The answer shows no item.");
			const shown = async () => {
				const { messages } = await user.call<{ messages: { search_results: { item_id: string; deleted?: true }[] }[] }>(
					"GET",
					`/chat/${session}/history`,
				);
				return messages.flatMap(({ search_results }) => search_results).find(({ item_id }) => item_id === item.item_id);
			};
			check((await shown()) !== undefined, "it is in the history");
			await control.sql(
				// A run that failed has left one.
				`insert into chat_redactions (user_id, item_id, due_at) values ($1, $2, clock_timestamp() - interval '1 day')
				 on conflict (user_id, item_id) do update set due_at = excluded.due_at`,
				[owner(system), item.item_id],
			);
			await control.sweepNow();
			check((await shown())?.deleted === true, "the message is redacted");
			const states = await itemsOf(system, session, /#(checkpoint|value|write)#/);
			check(states.length === 0, `no state is left (${states.length})`);
			await user.call("DELETE", `/chat/sessions/${session}`);
		},
	},
	{
		name: "the hourly cleanup counts sessions and removes orphaned payloads",
		run: async (system) => {
			const session = randomUUID();
			for (const _ of [1, 2, 3]) await sendMessage(system, session, longRequest);
			const before = await payloads(system, session);
			const orphan = `checkpoints/somebody/some-thread/some-item/${randomUUID()}`;
			await put(system, orphan);
			system.age("checkpoints/");
			const { active } = (await system.invoke(system.outputs.CleanupFunctionName, hourly)) as { active: number };
			check(active > 0, "sessions are counted");
			check(!(await exists(system, orphan)), "the orphan is gone");
			check((await payloads(system, session)).length === before.length, "the others are not");
			await system.user.call("DELETE", `/chat/sessions/${session}`);
		},
	},
];

/** Lists the items of a conversation whose sort keys match. */
async function itemsOf(system: GrantsCloud, session: string, sortKey: RegExp) {
	const { Items = [] } = await system.dynamodb.send(
		new QueryCommand({
			TableName: String(system.outputs.CheckpointTableName),
			KeyConditionExpression: "pk = :pk",
			ExpressionAttributeValues: {
				":pk": { S: `${owner(system)}#${session}` },
			},
		}),
	);
	return Items.filter(({ sk }) => sortKey.test(sk?.S ?? ""));
}

/** Moves one payload of a conversation from the table to the bucket, as if it were too large for an item. */
export async function moveOut(system: GrantsCloud, session: string): Promise<void> {
	const { dynamodb, s3, outputs } = system;
	const item = (await itemsOf(system, session, /#value#/)).findLast(({ body }) => body?.B);
	if (!item) throw new Error("The conversation has no payload.");
	const { body, ...rest } = item as Record<string, AttributeValue>;
	const [pk = "", sk = ""] = [item.pk?.S, item.sk?.S];
	const object = [...pk.split("#"), sk, randomUUID().slice(0, 22)].map(encodeURIComponent).join("/");
	await s3.send(
		new PutObjectCommand({
			Bucket: outputs.BucketName,
			Key: `checkpoints/${object}`,
			Body: body?.B,
		}),
	);
	await dynamodb.send(
		new PutItemCommand({
			TableName: String(outputs.CheckpointTableName),
			Item: { ...rest, object: { S: object } },
		}),
	);
}
