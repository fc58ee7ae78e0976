/** Where the person was before the sign-in: a path of this page alone, so that no link leads elsewhere. */
export const pathBefore = (to?: string): string => (to?.startsWith("/") && !to.startsWith("//") ? to : "/");
