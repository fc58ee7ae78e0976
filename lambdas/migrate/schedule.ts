/** The event of the monthly schedule, and of `make db-rotate`; without it the function migrates. */
export const rotation = { task: "rotate" } as const;

export const isRotation = (event: unknown): boolean =>
	(event as Partial<typeof rotation> | null)?.task === rotation.task;
