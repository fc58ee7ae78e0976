import { randomUUID } from "node:crypto";
import {
	check,
	derivedOf,
	exists,
	type GrantScenario,
	owner,
	pipeline,
	remove,
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
		name: "an export in a fresh function has pictures and chats, and says which picture is gone",
		provesActions: /^(?!logs:|sqs:)/,
		run: async (system, signal) => {
			const { newUser, cold, outputs } = system;
			const user = await newUser();
			const person = { ...system, user };
			const kept = await uploaded(person, signal);
			const gone = await uploaded(person, signal);
			await remove(system, `originals/${owner(person)}/${gone.filename}`);
			await user.call("POST", "/chat", { message: "What is in my pictures?", session_id: "mine" });
			await cold(String(outputs.JobsFunctionName));
			const { id } = await user.call<JobBody>("POST", "/account/export");
			await until("the export is done", signal, async () => {
				const { state } = await user.call<JobBody>("GET", `/jobs/${id}`);
				return state === "done";
			});
			const { parts } = await user.call<{ parts: { url: string }[] }>("GET", `/jobs/${id}/parts`);
			const answers = await Promise.all(parts.map(async ({ url }) => fetch(url)));
			check(
				answers.every(({ ok }) => ok),
				"the parts can be read",
			);
			const text = (await Promise.all(answers.map((answer) => answer.text()))).join("");
			check(text.includes(`originals/${kept.id}.png`), "the picture is in the archive");
			check(text.includes("What is in my pictures?"), "the chat is in the archive");
			const { failed } = await user.call<{ failed: number }>("GET", `/jobs/${id}`);
			check(failed === 1, "the other picture is gone");
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
			const { id } = await uploaded(system, signal);
			await user.call("POST", "/items/batch", { ids: [id, ...unknownIds()], action: "delete" });
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
			const { id } = await uploaded(system, signal);
			await withholding(system, /\/JobsWorkerRole.* secretsmanager:/, async () => {
				await cold(String(outputs.JobsFunctionName));
				await user.call("POST", "/items/batch", { ids: [id, ...unknownIds()], action: "delete" });
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
			const ids = [(await uploaded(system, signal)).id, ...unknownIds()];
			const job = await user.call<JobBody>("POST", "/items/batch", { ids, action: "delete" });
			await until("the job is done", signal, async () => {
				const { state } = await user.call<JobBody>("GET", `/jobs/${job.id}`);
				return state === "done" && (await depth(queue("JobsQueue"))) === 0;
			});
		},
	},
];
