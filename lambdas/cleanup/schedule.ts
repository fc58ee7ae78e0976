/** The event of the hourly schedule; the five-minute schedule sends EventBridge's own. */
export const hourly = { task: "sessions" } as const;

export const isHourly = (event: unknown): boolean => (event as Partial<typeof hourly> | null)?.task === hourly.task;
