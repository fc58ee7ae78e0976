import { randomUUID } from "node:crypto";
import { ApiProblem, type ChatEvent, type SearchEvent } from "#client/index.ts";
import { description } from "#tools/provider-stubs/wire.ts";
import { moveOut, payloads } from "./conversations.ts";
import type { GrantsCloud } from "./grants-cloud.ts";
import { longRequest, refusedRequest, slowRequest } from "./provider-stub.ts";
import { check, type GrantScenario, owner, put, until, uploaded } from "./steps.ts";

/** Reads a stream to its end. @returns the plain route's answer */
async function doneOf<Event extends SearchEvent | ChatEvent>(
	events: AsyncIterable<Event>,
): Promise<Extract<Event, { event: "done" }>["data"]> {
	for await (const { event, data } of events) {
		if (event === "done") return data as Extract<Event, { event: "done" }>["data"];
	}
	throw new Error("The stream is not done.");
}
const say = ({ user }: GrantsCloud, session_id: string, message = "Show me pictures") =>
	doneOf(user.streamChat({ session_id, message }));
const codeOf = (turn: Promise<unknown>) =>
	turn.then(
		() => null,
		(error) => (error instanceof ApiProblem ? error.code : String(error)),
	);
const cold = (system: GrantsCloud) => system.cold(String(system.outputs.StreamFunctionName));

/** Scenarios of searches and turns whose answers are streamed. */
export const streamScenarios: GrantScenario[] = [
	...["anthropic", "openai"].map(
		(provider): GrantScenario => ({
			name: `${provider} answers a streamed question`,
			run: async (system, signal) => {
				await uploaded(system, signal);
				await cold(system);
				const { answer_model_used } = await doneOf(system.user.streamSearch("picture", { answer_model: provider }));
				check(answer_model_used?.startsWith(`${provider}/`) ?? false, `it was asked (${answer_model_used})`);
			},
		}),
	),
	{
		name: "a fresh function streams a vector search, whose thumbnails are shown until they are deleted",
		run: async (everybody, signal) => {
			// Other scenarios' pictures have the same description: this person has no other picture.
			const system = { ...everybody, user: await everybody.newUser() };
			const item = await uploaded(system, signal);
			await cold(system);
			const options = { search_type: "vector", include_answer: false };
			const { results } = await doneOf(system.user.streamSearch(description.headline, options));
			const url = results.find(({ item_id }) => item_id === item.id)?.thumbnail_url ?? "";
			check((await fetch(url)).status === 200, "it is shown");
			await system.user.call("DELETE", `/items/${item.id}`);
			check((await fetch(url)).status === 404, "it is missing");
		},
	},
	{
		name: "a fresh function streams a turn that searches the web, and traces it",
		run: async (system, signal) => {
			await cold(system);
			const before = system.requestedPaths.length;
			await say(system, randomUUID(), "Search the web for harbours");
			await until("it is traced", signal, async () =>
				system.requestedPaths.slice(before).some((url) => url.startsWith("/langsmith/")),
			);
		},
	},
	{
		name: "a streamed conversation is continued, and a question without an answer is asked again",
		provesActions: /^(?!logs:|sqs:)/,
		run: async (system) => {
			const session = randomUUID();
			check((await codeOf(say(system, session, refusedRequest))) === "provider_not_configured", "the key is refused");
			check((await say(system, session)).conversation_turn === 2, "it is turn 2");
			// The question moves to the end of the history.
			check((await codeOf(say(system, session, refusedRequest))) === "provider_not_configured", "and again");
		},
	},
	{
		name: "a streamed conversation continues from states that are in the bucket",
		run: async (system) => {
			const session = randomUUID();
			await say(system, session, longRequest);
			check((await payloads(system, session)).length > 0, "one is in the bucket");
			await moveOut(system, session);
			check((await say(system, session)).conversation_turn === 2, "it goes on");
		},
	},
	{
		name: "a turn that streams while its conversation is deleted leaves nothing",
		run: async (system, signal) => {
			const session = randomUUID();
			const before = system.requestedPaths.length;
			const turn = system.user.streamChat({ session_id: session, message: slowRequest });
			await turn.next();
			// The first event comes before the turn begins. While the model thinks, the session is there.
			await until("the model is asked", signal, async () =>
				system.requestedPaths.slice(before).some((url) => url.startsWith("/anthropic/")),
			);
			await system.user.call("DELETE", `/chat/sessions/${session}`);
			// As of a step that ended after the deletion.
			await put(system, ["checkpoints", owner(system), session, "left", randomUUID()].join("/"));
			check((await codeOf(doneOf(turn))) !== null, "it has no answer");
			check((await payloads(system, session)).length === 0, "nothing is left");
		},
	},
];
