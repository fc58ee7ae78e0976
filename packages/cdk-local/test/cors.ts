const grants = ["allow-origin", "allow-methods", "allow-headers", "max-age"];

/** Returns what the answer to a preflight allows: origin, methods, headers, and for how many seconds. */
export const corsGrant = ({ headers }: Response) => grants.map((name) => headers.get(`access-control-${name}`));
