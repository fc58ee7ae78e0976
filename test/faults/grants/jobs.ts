import { randomUUID } from "node:crypto";
import {
	check,
	derivedOf,
	exists,
	type GrantScenario,
	owner,
	pipeline,
	until,
	uploaded,
	withholding,
} from "./steps.ts";

interface JobBody {
	id: string;
	state: string;
	done: number;
}

/** Ids of no items: a batch of so many is a job. */
const unknownIds = () => Array.from({ length: 100 }, () => randomUUID());

/** Scenarios of jobs. */
export const jobScenarios: GrantScenario[] = [
	{
		name: "a job in a fresh function requests an analysis and deletes an item",
		provesActions: /^(?!logs:)/,
		run: async (system, signal) => {
			const { user, cold, outputs } = system;
			const { id } = await uploaded(system, signal);
			await cold(String(outputs.JobsFunctionName));
			for (const action of ["analyze", "delete"]) {
				const job = await user.call<JobBody>("POST", "/items/batch", { ids: [id, ...unknownIds()], action });
				await until(`the job is done that should ${action}`, signal, async () => {
					const { state, done } = await user.call<JobBody>("GET", `/jobs/${job.id}`);
					return state === "done" && done === 1;
				});
			}
			check(!(await exists(system, derivedOf(system, id, "thumbnail.webp"))), "its thumbnail is gone");
		},
	},
	{
		name: "a function that ended a job wakes itself for the person's next",
		provesActions: /^sqs:SendMessage$/,
		run: async (system, signal) => {
			const { user, control } = system;
			const next = randomUUID();
			await control.sql(
				`insert into jobs (user_id, id, kind, input) values ($1, $2, 'batch', '{"action": "delete", "argument": {}}')`,
				[owner(system), next],
			);
			await user.call("POST", "/items/batch", { ids: [randomUUID(), ...unknownIds()], action: "delete" });
			await until("the next job is done", signal, async () => {
				const jobs = await control.sql("select id from jobs where state in ('queued', 'running')");
				return jobs.length === 0;
			});
		},
	},
	{
		name: "a slice is tried again within a minute after a fault",
		provesActions: /^sqs:ChangeMessageVisibility$/,
		run: async (system, signal) => {
			const { user, cold, outputs, returnsIn, queue, purge } = system;
			await withholding(system, /\/JobsWorkerRole.* secretsmanager:/, async () => {
				await cold(String(outputs.JobsFunctionName));
				await user.call("POST", "/items/batch", { ids: [randomUUID(), ...unknownIds()], action: "delete" });
				await until("it comes again", signal, async () =>
					returnsIn(queue("JobsQueue")).some((seconds) => seconds < 60),
				);
			});
			await purge();
		},
	},
	{
		name: "a job's message is received and deleted",
		provesActions: pipeline,
		run: async (system, signal) => {
			const { user, depth, queue } = system;
			const ids = [randomUUID(), ...unknownIds()];
			const job = await user.call<JobBody>("POST", "/items/batch", { ids, action: "delete" });
			await until("the job is done", signal, async () => {
				const { state } = await user.call<JobBody>("GET", `/jobs/${job.id}`);
				return state === "done" && (await depth(queue("JobsQueue"))) === 0;
			});
		},
	},
];
