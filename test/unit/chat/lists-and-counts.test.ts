import { beforeEach, describe, expect, it } from "vitest";
import { takenAtOfPerson } from "#core/items/taken-at.ts";
import type { ChatRequest } from "#core/ports/index.ts";
import { localDay } from "#text/local-day.ts";
import { type Conversations, conversationsInMemory, conversationsOn } from "../../contracts/conversations.ts";
import { type Backend, backends } from "../../support/checkpoint-saver.ts";
import { startedBackend } from "../../support/started-backend.ts";
import { readyItem } from "../api/ready-item.ts";
import { calling, lastOf, newTalk, ref, type Talk } from "./talk.ts";

describe("turns that list and count, in memory", () => {
	listsContract(() => conversationsInMemory(Date.now));
});

describe("turns that list and count, on LangGraph and DynamoDB", () => {
	const backend = startedBackend(async () => (await backends[0]?.start()) as Backend);
	listsContract(() => conversationsOn(backend()));
});

function listsContract(get: () => Conversations): void {
	let talk: Talk;
	beforeEach(async () => {
		talk = await newTalk(get());
	});

	it("list and count items, may cite those listed, and learn that an unknown day is none", async () => {
		const { ask, noodles } = talk;
		const results: string[] = [];
		const { ids, answer } = await ask("What did I upload last?", (request, calls) => {
			if (calls > 1) results.push(lastOf(request)?.text ?? "");
			if (calls === 1) return calling("list_items", { limit: 1 });
			if (calls === 2) return calling("count_items", { category: "FOOD" });
			if (calls === 3) return calling("count_items", { to: "2001-01-01" });
			if (calls === 4) return calling("count_items", { from: "2026-02-30" });
			return { text: `A bowl of noodles [${ref(noodles)}].` };
		});
		expect(results[0]).toMatch(/^\{"total":2,"listed":1,"sort":"newest"\}\n<item ref=/);
		expect(results.slice(1, 3)).toEqual(['{"total":1}', '{"total":0}']);
		expect(results[3]).toMatch(/^Refused: from /);
		expect(ids).toEqual([noodles]);
		expect(answer.toolsUsed).toEqual(["list_items", "count_items"]);
	});

	it("state how many there are beside the items they cite, also while the model writes and after a crash", async () => {
		const { ask, noodles } = talk;
		const text = (id: string) => `You have 2 pictures. The latest is a bowl of noodles [${id}].`;
		const question = "How many pictures do I have?";
		const crashed = ask(question, (_, calls) => {
			if (calls === 1) return calling("list_items");
			throw new Error("the process dies");
		});
		await expect(crashed).rejects.toThrow("the process dies");

		const verified: string[] = [];
		const write = (request: ChatRequest) => {
			request.onText?.(text(ref(noodles)));
			return { text: text(ref(noodles)) };
		};
		const { answer, requests } = await ask(question, write, { onVerified: (part) => verified.push(part) });
		expect(requests).toHaveLength(1);
		expect(verified).toEqual(["You have 2 pictures."]);
		expect(answer).toMatchObject({ text: text(noodles), items: [{ itemId: noodles }] });
	});

	it("list and count by words, tags and days of the person's time zone, which the model is told", async () => {
		const { ask, noodles, ports, user } = talk;
		await ports.profiles.change(user, { timeZone: "Pacific/Kiritimati", language: "pt-BR" });
		const { item } = (await ports.items.find(user, noodles)) ?? {};
		const uploaded = localDay(item?.createdAt as Date, "Pacific/Kiritimati");
		const dayBefore = localDay(new Date((item?.createdAt.getTime() ?? 0) - 86_400_000), "Pacific/Kiritimati");
		const inputs = [
			{ about: "noodles" },
			{ about: "noodles", from: uploaded, to: uploaded },
			{ about: "noodles", to: dayBefore },
			{ tag: "no such tag" },
			{ from: uploaded, to: uploaded },
		];
		const results: string[] = [];
		const { requests } = await ask("How many?", (request, calls) => {
			if (calls > 1) results.push(lastOf(request)?.text ?? "");
			const input = inputs[calls - 1];
			return input ? calling("count_items", input) : { text: "Some." };
		});
		expect(results).toEqual([1, 1, 0, 0, 2].map((total) => `{"total":${total}}`));
		expect(requests[0]?.messages[0]?.text).toMatch(
			new RegExp(`Today is ${uploaded} \\(Pacific/Kiritimati\\), a \\w+day\\. The person's own language is pt-BR`),
		);
	});

	it("count by days of taking where they are known, else by those of the upload in the person's time zone", async () => {
		const { ask, noodles, ports, user } = talk;
		await ports.profiles.change(user, { timeZone: "Pacific/Kiritimati" });
		const { item } = (await ports.items.find(user, noodles)) ?? {};
		const uploaded = localDay(item?.createdAt as Date, "Pacific/Kiritimati");
		await readyItem(ports, user, { takenAt: takenAtOfPerson("2025-06-30T23:30:00") });
		const inputs = [
			{ dates: "shown", from: "2025-06-01", to: "2025-06-30" },
			{ dates: "shown", from: uploaded, to: uploaded },
			{ dates: "shown", from: "2025-07-01" },
		];
		const results: string[] = [];
		await ask("How many in June?", (request, calls) => {
			if (calls > 1) results.push(lastOf(request)?.text ?? "");
			const input = inputs[calls - 1];
			return input ? calling("count_items", input) : { text: "Some." };
		});
		expect(results).toEqual([1, 2, 2].map((total) => `{"total":${total}}`));
	});

	it("list the categories with their counts", async () => {
		const { ask } = talk;
		let modelInput = "";
		await ask("What do I keep?", (request, calls) => {
			if (calls === 1) return calling("list_categories");
			modelInput = lastOf(request)?.text ?? "";
			return { text: "Food and travel." };
		});
		expect(JSON.parse(modelInput)).toEqual([
			{ category: "Food", items: 1 },
			{ category: "Travel", items: 1 },
		]);
	});
}
