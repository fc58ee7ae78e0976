import { AppError } from "../errors.ts";
import type { Ports, Tag } from "../ports/index.ts";
import { continueRebuild } from "../search/rebuild-index.ts";

const batchSize = 200;

type TagPorts = Pick<Ports, "tags" | "searchIndex" | "requests" | "events" | "clock">;

/**
 * Renames a tag on all items of a person; where they have the new name already, the two become one.
 * @throws AppError `tag_not_found`
 */
export async function renameTag(
	ports: TagPorts,
	userId: string,
	{ name, newName }: { name: string; newName: string },
	{ deadline }: { deadline: Date },
): Promise<Tag> {
	const renamed = await ports.tags.rename(userId, name, newName);
	if (!renamed) throw tagNotFound(name);
	await followTags(ports, userId, deadline);
	return renamed;
}

/**
 * Takes a tag off all items of a person.
 * @throws AppError `tag_not_found`
 */
export async function deleteTag(
	ports: TagPorts,
	userId: string,
	name: string,
	{ deadline }: { deadline: Date },
): Promise<void> {
	if (!(await ports.tags.delete(userId, name))) throw tagNotFound(name);
	await followTags(ports, userId, deadline);
}

/** Makes documents and vectors follow, as far as the deadline allows: the sweeper does what is left. */
async function followTags(ports: TagPorts, userId: string, deadline: Date): Promise<void> {
	let batch = batchSize;
	while (batch === batchSize && ports.clock.now() < deadline) {
		batch = await ports.searchIndex.rewriteOutdated(batchSize, userId);
	}
	await continueRebuild(ports, userId);
}

const tagNotFound = (name: string) =>
	new AppError("tag_not_found", `None of your items has the tag ${name.slice(0, 100)}.`);
