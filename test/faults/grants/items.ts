import { randomUUID } from "node:crypto";
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { providers } from "#ai/providers.ts";
import type { GrantsCloud } from "./grants-cloud.ts";
import {
	announce,
	check,
	derivedOf,
	exists,
	type GrantScenario,
	owner,
	picture,
	pipeline,
	ready,
	remove,
	send,
	until,
	uploaded,
} from "./steps.ts";

/** Returns a query whose vector no cache has: the provider is asked. */
const newQuery = () => `picture ${randomUUID()}`;

/** Opens the circuit of a provider's model, which one call may try by now. @returns whether it is open */
async function openCircuit({ dynamodb, outputs }: GrantsCloud, model: string): Promise<() => Promise<boolean>> {
	const TableName = String(outputs.CheckpointTableName);
	const Key = { pk: { S: `circuit#${model}` }, sk: { S: "state" } };
	const open_until = { N: String(Date.now() - 1_000) };
	await dynamodb.send(new PutItemCommand({ TableName, Item: { ...Key, open_until } }));
	return async () => (await dynamodb.send(new GetItemCommand({ TableName, Key }))).Item?.open_until !== undefined;
}

/** Scenarios of uploads, images, analyses and searches. */
export const itemScenarios: GrantScenario[] = [
	{
		name: "the version is read",
		run: async ({ user }) => void (await user.call("GET", "/version")),
	},
	{
		name: "an unknown path is a 404",
		run: async ({ user }) => {
			const { status } = await fetch(`${user.apiUrl}/nothing`);
			check(status === 404, `the answer is 404 (${status})`);
		},
	},
	{
		name: "a fresh api lists items",
		run: async ({ cold, outputs, user }) => {
			await cold(String(outputs.ApiFunctionName));
			await user.call("GET", "/items");
		},
	},
	{
		name: "an upload becomes ready in fresh functions",
		provesActions: pipeline,
		run: async (system, signal) => {
			const { outputs } = system;
			await system.cold(
				String(outputs.ImageProcessorFunctionName),
				String(outputs.AnalyzerFunctionName),
				String(outputs.EmbedderFunctionName),
			);
			const item = await uploaded(system, signal);
			check(item.status === "ready", "it is ready");
		},
	},
	{
		name: "a fresh embedder closes the circuit of a model that answers again",
		provesActions: /^dynamodb:/,
		run: async (system, signal) => {
			const isOpen = await openCircuit(system, `voyage/${providers.voyage.capabilities.embedding}`);
			await system.cold(String(system.outputs.EmbedderFunctionName));
			await uploaded(system, signal);
			check(!(await isOpen()), "it is closed");
		},
	},
	{
		name: "a fresh analyzer closes the circuit of a model that answers again",
		provesActions: /^dynamodb:/,
		run: async (system, signal) => {
			const { id } = await uploaded(system, signal);
			const isOpen = await openCircuit(system, `anthropic/${providers.anthropic.capabilities.vision}`);
			await system.cold(String(system.outputs.AnalyzerFunctionName));
			await system.user.call("POST", `/items/${id}/analyze`, { force_reanalyze: true, provider: "anthropic" });
			await ready(system, id, signal);
			check(!(await isOpen()), "it is closed");
		},
	},
	{
		name: "images are shown, and missing ones are a 404",
		run: async (system, signal) => {
			const { user } = system;
			const item = await uploaded(system, signal);
			const { url } = await user.call<{ url: string }>("GET", `/images/${item.filename}`);
			const signedUrls = [url, item.thumbnail_url ?? ""];
			for (const url of signedUrls) {
				check((await fetch(url)).status === 200, "it is shown");
			}
			await user.call("DELETE", `/items/${item.id}`);
			for (const url of signedUrls) {
				check((await fetch(url)).status === 404, "it is missing");
			}
		},
	},
	{
		name: "a deleted item leaves nothing",
		run: async (system, signal) => {
			const item = await uploaded(system, signal);
			await system.user.call("DELETE", `/items/${item.id}`);
			const thumbnail = derivedOf(system, item.id, "thumbnail.webp");
			check(!(await exists(system, thumbnail)), "its thumbnail is gone");
		},
	},
	{
		name: "the same bytes by a form become a duplicate without an object",
		provesActions: pipeline,
		run: async (system, signal) => {
			const { user } = system;
			const bytes = await picture();
			const { id } = await user.upload("first.png", bytes);
			await ready(system, id, signal);
			const form = await announce(user, bytes);
			await send(form, bytes);
			await until("it is a duplicate", signal, async () => {
				const { error } = await user.item(form.item_id);
				return error?.code === "duplicate";
			});
			const thumbnail = derivedOf(system, form.item_id, "thumbnail.webp");
			for (const key of [form.fields.key, thumbnail]) {
				await until("its bytes are gone", signal, async () => !(await exists(system, key)));
			}
		},
	},
	{
		name: "other bytes by a used form are removed",
		provesActions: pipeline,
		run: async (system, signal) => {
			const bytes = await picture();
			const form = await announce(system.user, bytes);
			await send(form, bytes);
			const { filename } = await ready(system, form.item_id, signal);
			await send(form, bytes.toReversed());
			await until("the first bytes are back", signal, async () => {
				const { url } = await system.user.call<{ url: string }>("GET", `/images/${filename}`);
				const stored = Buffer.from(await (await fetch(url)).arrayBuffer());
				return stored.equals(bytes);
			});
		},
	},
	{
		name: "an item is resized on demand",
		provesActions: pipeline,
		run: async (system, signal) => {
			const { id } = await uploaded(system, signal);
			await system.user.call("POST", `/items/${id}/resize-only`);
			await ready(system, id, signal);
		},
	},
	{
		name: "a resize fails with the reason if the original is missing",
		run: async (system, signal) => {
			const { id, filename } = await uploaded(system, signal);
			await remove(system, `originals/${owner(system)}/${filename}`);
			const failed = await system.user
				.call("POST", `/items/${id}/resize-only`)
				.then(String, (error: Error) => error.message);
			check(failed.includes("not in storage"), `it is told (${failed})`);
		},
	},
	{
		name: "an analysis logs that its picture is missing",
		run: async (system, signal) => {
			const { id } = await uploaded(system, signal);
			await remove(system, derivedOf(system, id, "vision.jpg"));
			// The stage retries several times, so the request gets no answer for long.
			const answer = system.user.call("POST", `/items/${id}/analyze`, {
				force_reanalyze: true,
			});
			answer.catch(() => {});
			await until("it is told", signal, async () =>
				(await system.logged("analyzer", id)).some((line) =>
					line.includes(`The derived image of item ${id} is missing`),
				),
			);
			await system.purge();
		},
	},
	...["anthropic", "openai", "offline"].map(
		(provider): GrantScenario => ({
			name: `${provider} describes an item again`,
			provesActions: pipeline,
			run: async (system, signal) => {
				const { id } = await uploaded(system, signal);
				await system.cold(String(system.outputs.AnalyzerFunctionName));
				const body = { force_reanalyze: true, provider };
				await system.user.call("POST", `/items/${id}/analyze`, body);
				// On a busy machine the call answers before the analysis has ended.
				await until("it was asked", signal, async () => {
					const { latest_analysis } = await system.user.item(id);
					return latest_analysis?.provider_used === provider;
				});
				await ready(system, id, signal);
			},
		}),
	),
	...["anthropic", "openai"].map(
		(provider): GrantScenario => ({
			name: `${provider} answers a question`,
			run: async (system, signal) => {
				await uploaded(system, signal);
				await system.cold(String(system.outputs.ApiFunctionName));
				const { answer_model_used } = await system.user.search("picture", {
					answer_model: provider,
				});
				check(answer_model_used?.startsWith(`${provider}/`) ?? false, `it was asked (${answer_model_used})`);
			},
		}),
	),
	{
		name: "a fresh api runs a vector search",
		run: async (system) => {
			await system.cold(String(system.outputs.ApiFunctionName));
			const { notices } = await system.user.search(newQuery(), {
				search_type: "vector",
			});
			check(
				notices.every((notice: string) => notice.startsWith("Nothing matches well")),
				`nothing is left out (${notices})`,
			);
		},
	},
	{
		name: "a rebuild embeds every item again",
		provesActions: pipeline,
		run: async (system, signal) => {
			// The user has few items.
			const user = await system.newUser();
			const { id } = await uploaded({ ...system, user }, signal);
			await user.call("POST", "/vector-index/rebuild", { force: true });
			await until("it has ended", signal, async () => {
				const { rebuilding } = await user.call<{ rebuilding: number }>("GET", "/vector-index/status");
				return rebuilding === 0;
			});
			await ready({ ...system, user }, id, signal);
		},
	},
];
