import type { ChannelVersions, Checkpoint } from "@langchain/langgraph-checkpoint";
import type { CheckpointLocation, Checkpoints } from "./checkpoints.ts";
import { ThreadGone } from "./errors.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import type { ThreadRef } from "./sessions.ts";
import type { ThreadCache } from "./thread-cache.ts";

/** Returns a new checkpoint's references to the values that it takes over from earlier ones. */
export async function unchangedReferences(
	cache: ThreadCache,
	checkpoints: Checkpoints,
	thread: ThreadRef,
	location: CheckpointLocation,
	parentId: string | undefined,
	{ channel_versions, channel_values }: Checkpoint,
	newVersions: ChannelVersions,
): Promise<Manifest> {
	const parent = parentId && (await parentManifest(cache, checkpoints, thread, location, parentId));
	const unchanged = Object.entries(channel_versions).filter(([channel]) => !Object.hasOwn(newVersions, channel));
	const references = await Promise.all(
		unchanged.map(async ([channel, version]) => {
			const findIn = (manifests: Manifest[]) =>
				manifests.map((manifest) => manifest.get(channel)).find((reference) => reference?.version === version);
			const reference =
				findIn(parent ? [parent] : []) ??
				(Object.hasOwn(channel_values, channel)
					? (findIn(cache.manifests(thread, location.ns)) ??
						(await checkpoints.findReference(location, channel, version)))
					: undefined);
			return reference ? [[channel, reference] as const] : [];
		}),
	);
	return new Map(references.flat());
}

async function parentManifest(
	cache: ThreadCache,
	checkpoints: Checkpoints,
	thread: ThreadRef,
	location: CheckpointLocation,
	parentId: string,
): Promise<Manifest> {
	const cached = cache.manifest(thread, location.ns, parentId);
	if (cached) return cached;
	const item = await checkpoints.find(location, parentId);
	// The thread was created again since the caller read it.
	if (!item) throw new ThreadGone(thread.threadId);
	return readManifest(item);
}
