/**
 * The alarms that go off where the database is stopped on purpose: those that watch the scheduled work, which is off then,
 * and that of the connections.
 */
export const upkeepAlarms = ["WaitingItems", "CleanupDeadLetters", "DatabaseConnectionErrors"] as const;
