import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { RouterProvider as AriaRouterProvider } from "react-aria-components";
import { usePerson } from "#web/features/account/browser-session.ts";
import { ToastRegion } from "#web/ui/toast-region.tsx";
import { queryClient } from "./query-client.ts";

/** Goes to the sign-in, or away from it, when the session begins or ends, in another tab too. */
export function Root() {
	const router = useRouter();
	const sub = usePerson()?.sub;
	useEffect(() => {
		// Nobody may see what the person before had loaded.
		if (!sub) queryClient.clear();
		void router.invalidate();
	}, [router, sub]);
	return (
		<AriaRouterProvider navigate={(to) => router.history.push(to)}>
			<Outlet />
			<ToastRegion />
		</AriaRouterProvider>
	);
}
