/** What the hourly schedule sends; the one of every five minutes sends EventBridge's own event. */
export const hourly = { task: "sessions" } as const;

export const isHourly = (event: unknown): boolean =>
	(event as Partial<typeof hourly> | null)?.task === hourly.task;
