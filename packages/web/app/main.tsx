import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "#web/ui/tokens.css";
import "#web/ui/base.css";
import { session } from "#web/features/account/browser-session.ts";
import { readItemFilters } from "#web/features/library/item-filters.ts";
import { prefetchItems } from "#web/features/library/use-items.ts";
import { LanguageProvider, loadCatalog, storedLocale } from "#web/i18n/i18n.tsx";
import { applyTheme } from "#web/ui/theme.ts";
import { loadConfig } from "./config.ts";
import { queryClient } from "./query-client.ts";
import { router } from "./router.tsx";

applyTheme();
const locale = storedLocale();
const [catalog] = await Promise.all([loadCatalog(locale), loadConfig().then(prefetchLibrary)]);

createRoot(document.getElementById("root") as HTMLElement).render(
	<StrictMode>
		<LanguageProvider initial={[locale, catalog]}>
			<QueryClientProvider client={queryClient}>
				<RouterProvider router={router} />
			</QueryClientProvider>
		</LanguageProvider>
	</StrictMode>,
);

/** The library's first items are on their way before its page is rendered. */
async function prefetchLibrary(): Promise<void> {
	const { pathname, search } = router.latestLocation;
	if (session.person && pathname === "/") await prefetchItems(queryClient, readItemFilters(search));
}

if (import.meta.env.PROD && "serviceWorker" in navigator) {
	// A module, since it shares code with the page.
	void navigator.serviceWorker.register("/service-worker.js", { type: "module" });
}
