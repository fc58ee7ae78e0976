import { AppError } from "../errors.ts";
import type { Job } from "../jobs/job.ts";
import { startJob } from "../jobs/start-job.ts";
import type { Ports } from "../ports/index.ts";
import { exportPrefix, maxExportItems } from "./archive.ts";

/**
 * Starts the export of everything that a person has, and removes the archive of an earlier one.
 * @throws AppError `export_running`, `too_many_items`, `too_many_jobs`
 */
export async function startExport(
	ports: Pick<Ports, "archives" | "jobs" | "objects" | "events">,
	userId: string,
): Promise<Job> {
	const { archives, objects } = ports;
	const itemIds = await archives.itemIds(userId, maxExportItems + 1);
	if (itemIds.length > maxExportItems) {
		throw new AppError(
			"too_many_items",
			`You have more than ${maxExportItems} items, which is the maximum of one export: ask whoever runs this service for a copy.`,
		);
	}
	const job = await startJob(ports, userId, { kind: "export", input: {}, itemIds });
	for (const earlier of await archives.otherJobs(userId, job.id)) {
		await objects.deleteAll(exportPrefix(userId, earlier));
		await archives.forgetParts(userId, earlier);
	}
	return job;
}
