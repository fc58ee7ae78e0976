import type {
	ChannelVersions,
	Checkpoint,
} from "@langchain/langgraph-checkpoint";
import type { CheckpointLocation, Checkpoints } from "./checkpoints.ts";
import { ThreadGone } from "./errors.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import type { ThreadRef } from "./sessions.ts";
import type { ThreadCache } from "./thread-cache.ts";

/** References to the values that a new checkpoint has in common with those before it. */
export async function unchangedReferences(
	threads: ThreadCache,
	steps: Checkpoints,
	session: ThreadRef,
	place: CheckpointLocation,
	parentId: string | undefined,
	{ channel_versions, channel_values }: Checkpoint,
	newVersions: ChannelVersions,
): Promise<Manifest> {
	const parent =
		parentId &&
		(await parentManifest(threads, steps, session, place, parentId));
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
						(await steps.findReference(place, channel, version)))
					: undefined);
			return reference ? [[channel, reference] as const] : [];
		}),
	);
	return new Map(references.flat());
}

async function parentManifest(
	threads: ThreadCache,
	steps: Checkpoints,
	session: ThreadRef,
	place: CheckpointLocation,
	id: string,
): Promise<Manifest> {
	const known = threads.manifest(session, place.ns, id);
	if (known) return known;
	const item = await steps.find(place, id);
	// The thread was begun anew since the caller read it.
	if (!item) throw new ThreadGone(session.threadId);
	return readManifest(item);
}
