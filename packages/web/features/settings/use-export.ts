import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, api, bodyOf, type Schemas } from "#web/app/api.ts";
import { keptExport } from "./kept-export.ts";

type Job = Schemas["Job"];

const pollMs = 1_500;
/** The addresses of parts are valid for an hour. */
const renewMs = 30 * 60_000;
const partsPerRequest = 100;

const isUnderWay = (job: Job | undefined): boolean =>
	job !== undefined && ["queued", "running", "paused"].includes(job.state);

/** The person's export that was started last in this browser, with the files of its archive once it is done. */
export function useExport() {
	const [jobId, setJobId] = useState(keptExport.read);
	const keep = (id: string) => {
		keptExport.write(id);
		setJobId(id);
	};
	const job = useQuery({
		queryKey: ["export", jobId],
		enabled: jobId !== null,
		queryFn: ({ signal }) => bodyOf(api().GET("/jobs/{id}", { params: { path: { id: String(jobId) } }, signal })),
		refetchInterval: ({ state: { data } }) => (isUnderWay(data) ? pollMs : renewMs),
	});
	const parts = useQuery({
		queryKey: ["export", jobId, "parts"],
		enabled: job.data?.state === "done",
		queryFn: ({ signal }) => partsOf(String(jobId), signal),
		refetchInterval: renewMs,
	});
	const starting = useMutation({
		mutationFn: () => bodyOf(api().POST("/account/export")),
		onSuccess: ({ id }) => keep(id),
		onError: (error) => {
			// Another window started it: this one shows it, too.
			const running = error instanceof ApiError && error.code === "export_running" && error.location;
			if (running) keep(running.slice(running.lastIndexOf("/") + 1));
		},
	});
	const isGone = [job.error, parts.error].some(
		(error) => error instanceof ApiError && [404, 410].includes(error.status),
	);
	return {
		job: isGone ? undefined : job.data,
		isUnderWay: isUnderWay(job.data),
		parts: isGone ? undefined : parts.data,
		error: isGone ? null : (job.error ?? parts.error),
		starting,
	};
}

async function partsOf(id: string, signal: AbortSignal): Promise<Schemas["JobPart"][]> {
	const found: Schemas["JobPart"][] = [];
	for (;;) {
		const query = { limit: partsPerRequest, offset: found.length };
		const page = await bodyOf(api().GET("/jobs/{id}/parts", { params: { path: { id }, query }, signal }));
		found.push(...page.parts);
		if (page.parts.length === 0 || found.length >= page.total) return found;
	}
}
