/** The alarms that watch the scheduled work. Without the database that work cannot run, so that they would only disturb. */
export const upkeepAlarms = ["WaitingItems", "CleanupErrors", "CleanupDeadLetters"] as const;
