import type {
	ChannelVersions,
	Checkpoint,
} from "@langchain/langgraph-checkpoint";
import type { StepPlace, Steps } from "./checkpoints.ts";
import { ThreadGone } from "./errors.ts";
import { type Manifest, manifestOf } from "./manifest.ts";
import type { ThreadLife } from "./sessions.ts";
import type { OpenThreads } from "./thread-cache.ts";

/** References to the values that a new checkpoint has in common with those before it. */
export async function carriedOver(
	threads: OpenThreads,
	steps: Steps,
	session: ThreadLife,
	place: StepPlace,
	parentId: string | undefined,
	{ channel_versions, channel_values }: Checkpoint,
	newVersions: ChannelVersions,
): Promise<Manifest> {
	const parent =
		parentId && (await manifestBy(threads, steps, session, place, parentId));
	const before = parent ? [parent] : [];
	const unchanged = Object.entries(channel_versions).filter(
		([channel]) => !Object.hasOwn(newVersions, channel),
	);
	const references = await Promise.all(
		unchanged.map(async ([channel, version]) => {
			const known = (manifests: Manifest[]) =>
				manifests
					.map((manifest) => manifest.get(channel))
					.find((reference) => reference?.version === version);
			const reference =
				known(before) ??
				(Object.hasOwn(channel_values, channel)
					? (known(threads.manifests(session, place.ns)) ??
						(await steps.writerOf(place, channel, version)))
					: undefined);
			return reference ? [[channel, reference] as const] : [];
		}),
	);
	return new Map(references.flat());
}

async function manifestBy(
	threads: OpenThreads,
	steps: Steps,
	session: ThreadLife,
	place: StepPlace,
	id: string,
): Promise<Manifest> {
	const known = threads.manifest(session, place.ns, id);
	if (known) return known;
	const item = await steps.find(place, id);
	// The thread was begun anew since the caller read it.
	if (!item) throw new ThreadGone(session.threadId);
	return manifestOf(item);
}
