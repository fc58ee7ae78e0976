import { exitCodes, Failure } from "../failure.ts";
import { type Carried, describe } from "../import-from/describe.ts";
import { readImmich } from "../import-from/immich-api.ts";
import { readImmichFolder } from "../import-from/immich-folder.ts";
import { readKarakeep } from "../import-from/karakeep.ts";
import { readScreenshots } from "../import-from/screenshots.ts";
import type { Losses, ReadOptions, Source } from "../import-from/source.ts";
import { readTakeout } from "../import-from/takeout.ts";
import { interruptible } from "../interruption.ts";
import { type Output, table } from "../output.ts";
import { connect, home, journalOwner } from "../session-file.ts";
import { Journal } from "../upload/journal.ts";
import { Rate } from "../upload/rate.ts";
import { type UploadSummary, upload } from "../upload/upload.ts";

export interface ImportOptions {
	key?: string;
	dryRun?: boolean;
}

/** Each product from which pictures are taken over. */
const readers: Record<
	string,
	(places: string[], options: ReadOptions & { key: string | undefined }) => Promise<Source>
> = {
	karakeep: readKarakeep,
	immich: (places, { key, ...options }) => {
		const [address = ""] = places;
		if (places.length > 1 || !/^https?:\/\//.test(address)) return readImmichFolder(places, options);
		if (!key) throw new Failure("Immich needs a key: --key, or IMMICH_API_KEY.", exitCodes.usage);
		return readImmich(address, { key, ...options });
	},
	takeout: readTakeout,
	screenshots: readScreenshots,
};

/** Takes over pictures of another product with what the person said about them; the same command again goes on where it ended. */
export async function importFrom(
	output: Output,
	product: string,
	places: string[],
	options: ImportOptions,
): Promise<void> {
	const reader = readers[product];
	if (!reader) {
		throw new Failure(`${product} is not known: ${Object.keys(readers).join(", ")} are.`, exitCodes.usage);
	}
	let source: Source | undefined;
	let ended = 0;
	const work = async (signal: AbortSignal) => {
		source = await reader(places, {
			key: options.key ?? process.env.IMMICH_API_KEY,
			signal,
			onRead: (read) => output.progress(`${read} read`),
		});
		output.clearProgress();
		if (options.dryRun) dryRun(output, product, source);
		else report(output, product, source.losses, await carry(output, source, { signal, onSent: () => ended++ }));
	};
	try {
		await interruptible(work, () => {
			const count = source ? `${ended} of ${source.pictures.length} pictures are in` : "nothing was sent";
			return `Ended early: ${count}. The same command goes on from there.`;
		});
	} finally {
		output.clearProgress();
	}
}

/** Uploads pictures, and then gives their items what the source says. */
async function carry(
	output: Output,
	source: Source,
	{ signal, onSent }: { signal: AbortSignal; onSent: () => void },
): Promise<Outcome> {
	const client = connect({ signal });
	const journal = new Journal(home(), journalOwner());
	try {
		const { pictures, losses } = source;
		const bytes = pictures.reduce((sum, { size }) => sum + size, 0);
		const rate = new Rate(pictures.length, bytes);
		const sent = await upload(client, pictures, {
			journal,
			isVerified: false,
			onDone(_, size) {
				onSent();
				rate.add(size);
				output.progress(rate.line());
			},
		});
		for (const { file, reason } of sent.refused) losses.add(reason, file);
		const items = new Set(sent.items.map(({ itemId }) => itemId)).size;
		const onDone = (done: number) => output.progress(`${done} of ${items} described`);
		const carried = await describe(client, { journal, source, onDone });
		output.clearProgress();
		return { sent, carried };
	} finally {
		journal.close();
	}
}

function dryRun(output: Output, product: string, { pictures, losses }: Source): void {
	const described = pictures.map(({ description }) => description);
	const would = {
		tags: described.filter(({ tags }) => tags.length > 0).length,
		albums: described.filter(({ albums }) => albums.length > 0).length,
		favorites: described.filter(({ favorite }) => favorite).length,
		notes: described.filter(({ note }) => note).length,
		times: described.filter(({ takenAt }) => takenAt).length,
	};
	output.result({ source: product, pictures: pictures.length, carried: would, not_carried: losses.list() }, [
		...table([["pictures", pictures.length], ...Object.entries(would)]),
		...lossLines(losses),
		"Nothing was sent.",
	]);
}

interface Outcome {
	sent: UploadSummary;
	carried: Carried;
}

function report(output: Output, product: string, losses: Losses, { sent, carried }: Outcome): void {
	const { items, ...words } = carried;
	const pictures = sent.sent + sent.known + sent.resumed;
	output.result(
		{
			source: product,
			pictures,
			sent: sent.sent,
			known: sent.known,
			resumed: sent.resumed,
			items,
			carried: words,
			not_carried: losses.list(),
		},
		[
			...table([
				["pictures", pictures, `${sent.sent} sent, ${sent.known} there already, ${sent.resumed} sent before`],
				["items", items],
				...Object.entries(words),
			]),
			...lossLines(losses),
		],
	);
	if (losses.size > 0) process.exitCode = exitCodes.partly;
}

/** Names that a person reads; `--json` has all. */
const maxNames = 3;

function lossLines(losses: Losses): string[] {
	const list = losses.list();
	if (list.length === 0) return [];
	return [
		"",
		"Not carried:",
		...table(
			list.map(({ reason, count, names }) => {
				const more = count > maxNames ? `, and ${count - maxNames} more` : "";
				return [count, `${reason}: ${names.slice(0, maxNames).join(", ")}${more}`];
			}),
		),
	];
}
