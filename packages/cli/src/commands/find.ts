import { spawn } from "node:child_process";
import type { ItemFilter, SearchRequest } from "../../../client/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import { bold, counted, dim, type Output } from "../output.ts";
import { connect } from "../session-file.ts";

/** Lists items, the newest first. */
export async function list(
	output: Output,
	{
		limit,
		tag,
		category,
		favorite,
		status,
	}: { limit: number; tag?: string[]; category?: string; favorite?: boolean; status?: string },
): Promise<void> {
	const filter = {
		...(tag && { tag }),
		...(category && { category }),
		...(favorite && { favorite: "true" }),
		...(status && { status }),
	} as ItemFilter;
	const items = [];
	if (limit > 0) {
		for await (const item of connect().compactItems(filter)) {
			items.push(item);
			if (items.length >= limit) break;
		}
	}
	output.result({ items }, [
		...items.map(
			({ id, status: state, headline, category: kind }) => `${dim(id)}  ${headline ?? state}  ${dim(kind ?? "")}`,
		),
		...(items.length === 0 ? ["There is no such item."] : []),
	]);
}

export interface SearchOptions {
	top: number;
	type?: string;
	category?: string;
	strict?: boolean;
}

const requestOf = ({ top, type, category }: SearchOptions) =>
	({
		top_k: top,
		...(type && { search_type: type }),
		...(category && { category_filter: category }),
	}) as Partial<SearchRequest>;

export async function search(output: Output, words: string[], options: SearchOptions): Promise<void> {
	const answer = await connect().search(words.join(" "), { ...requestOf(options), include_answer: false });
	output.result(answer, [
		...answer.results.map(
			({ rank, item_id, headline, summary, match }) =>
				`${String(rank).padStart(2)}. ${bold(headline)}${match === "weak" ? dim("  (weak)") : ""}\n    ${summary.split("\n")[0]}\n    ${dim(item_id)}`,
		),
		...(answer.results.length === 0 ? ["Nothing was found."] : []),
	]);
}

/** Asks a question; each sentence of the answer cites items. */
export async function ask(output: Output, words: string[], options: SearchOptions): Promise<void> {
	const answer = await connect().search(words.join(" "), { ...requestOf(options), include_answer: true });
	output.result(answer, [
		answer.answer ?? "No item answers that.",
		...(answer.citations ?? []).map(({ item_id, snippet }) => dim(`  ${item_id}  ${snippet.split("\n")[0]}`)),
	]);
}

/** Opens the picture of an item, or prints its address. */
export async function open(output: Output, id: string, { print }: { print?: boolean }): Promise<void> {
	const client = connect();
	const { filename } = await client.item(id);
	const { url } = await client.call<{ url: string }>("GET", `/images/${filename}`);
	if (!print && !output.json) await show(url);
	output.result({ id, url }, print ? url : `Opened ${id}.`);
}

async function show(url: string): Promise<void> {
	const [program, ...args] =
		process.platform === "darwin"
			? ["open"]
			: process.platform === "win32"
				? ["rundll32", "url.dll,FileProtocolHandler"]
				: ["xdg-open"];
	const child = spawn(program as string, [...args, url], { stdio: "ignore", detached: true });
	await new Promise<void>((resolve, reject) => {
		child.once("spawn", resolve);
		child.once("error", () =>
			reject(new Failure(`${program} is not there to open a picture: use collections open --print.`)),
		);
	});
	child.unref();
}

/** Adds tags to items, or takes them off. */
export async function tag(
	output: Output,
	tags: string[],
	ids: string[],
	{ remove }: { remove?: boolean },
): Promise<void> {
	if (ids.length === 0) throw new Failure("Which items? Give their ids by --item.", exitCodes.usage);
	const answer = await connect().call<{ done?: number; failed?: unknown[] }>("POST", "/items/batch", {
		action: remove ? "untag" : "tag",
		ids,
		tags,
	});
	const failed = answer.failed?.length ?? 0;
	const done = answer.done ?? ids.length - failed;
	output.result(
		answer,
		`${counted(done, "item")} ${remove ? "lost" : done === 1 ? "has" : "have"} ${tags.join(", ")}; ${failed} could not be changed.`,
	);
	if (failed > 0) process.exitCode = exitCodes.partly;
}
