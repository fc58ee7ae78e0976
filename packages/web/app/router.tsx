import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { session } from "#web/features/account/browser-session.ts";
import { readItemFilters } from "#web/features/library/item-filters.ts";
import { LibraryPage } from "#web/features/library/library-page.tsx";
import { prefetchItems } from "#web/features/library/use-items.ts";
import { readReviewState } from "#web/features/review/review-state.ts";
import { SearchPage } from "#web/features/search/search-page.tsx";
import { readSearchState } from "#web/features/search/search-state.ts";
import { Failure, Loading } from "#web/ui/notice.tsx";
import { NotFound } from "./not-found.tsx";
import { queryClient } from "./query-client.ts";
import { Root } from "./root.tsx";
import { Shell } from "./shell.tsx";
import { urlText } from "./url-text.ts";

const root = createRootRoute({ component: Root, notFoundComponent: NotFound });

/** The pages before the sign-in. */
const account = createRoute({
	getParentRoute: () => root,
	id: "account",
	beforeLoad: () => {
		if (session.person) throw redirect({ to: "/" });
	},
	component: lazyRouteComponent(() => import("#web/features/account/account-page.tsx"), "AccountPage"),
});

const email = (search: Record<string, unknown>): { email?: string } => ({ email: urlText(search.email) });

const signIn = createRoute({
	getParentRoute: () => account,
	path: "/sign-in",
	validateSearch: (search: Record<string, unknown>): { email?: string; to?: string } => ({
		...email(search),
		to: urlText(search.to),
	}),
	component: lazyRouteComponent(() => import("#web/features/account/sign-in.tsx"), "SignIn"),
});

const signInByGoogle = createRoute({
	getParentRoute: () => account,
	path: "/sign-in/google",
	component: lazyRouteComponent(() => import("#web/features/account/sign-in-by-google.tsx"), "SignInByGoogle"),
});

const signUpModule = () => import("#web/features/account/sign-up.tsx");

const signUp = createRoute({
	getParentRoute: () => account,
	path: "/sign-up",
	component: lazyRouteComponent(signUpModule, "SignUp"),
});

const confirm = createRoute({
	getParentRoute: () => account,
	path: "/confirm",
	validateSearch: email,
	component: lazyRouteComponent(signUpModule, "ConfirmSignUp"),
});

const forgot = createRoute({
	getParentRoute: () => account,
	path: "/forgot",
	validateSearch: email,
	component: lazyRouteComponent(signUpModule, "ForgotPassword"),
});

/** The pages of a signed-in person. `item` opens the viewer over any of them. */
const app = createRoute({
	getParentRoute: () => root,
	id: "app",
	validateSearch: (search: Record<string, unknown>): { item?: string } => ({ item: urlText(search.item) }),
	beforeLoad: ({ location }) => {
		if (session.person) return;
		throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } });
	},
	component: Shell,
});

const library = createRoute({
	getParentRoute: () => app,
	path: "/",
	validateSearch: readItemFilters,
	loaderDeps: ({ search: { category, tag, status, favorite } }) => ({ category, tag, status, favorite }),
	loader: ({ deps }) => prefetchItems(queryClient, deps),
	component: LibraryPage,
});

const search = createRoute({
	getParentRoute: () => app,
	path: "/search",
	validateSearch: readSearchState,
	component: SearchPage,
});

const chatModule = () => import("#web/features/chat/chat-page.tsx");

const chat = createRoute({
	getParentRoute: () => app,
	path: "/chat",
	component: lazyRouteComponent(chatModule, "ChatPage"),
});

const chatSession = createRoute({
	getParentRoute: () => app,
	path: "/chat/$sessionId",
	component: lazyRouteComponent(chatModule, "ChatPage"),
});

const albums = createRoute({
	getParentRoute: () => app,
	path: "/albums",
	component: lazyRouteComponent(() => import("#web/features/albums/albums-page.tsx"), "AlbumsPage"),
});

const album = createRoute({
	getParentRoute: () => app,
	path: "/albums/$albumId",
	component: lazyRouteComponent(() => import("#web/features/albums/album-page.tsx"), "AlbumPage"),
});

const tags = createRoute({
	getParentRoute: () => app,
	path: "/tags",
	component: lazyRouteComponent(() => import("#web/features/tags/tags-page.tsx"), "TagsPage"),
});

const duplicates = createRoute({
	getParentRoute: () => app,
	path: "/duplicates",
	component: lazyRouteComponent(() => import("#web/features/duplicates/duplicates-page.tsx"), "DuplicatesPage"),
});

const review = createRoute({
	getParentRoute: () => app,
	path: "/review",
	validateSearch: readReviewState,
	component: lazyRouteComponent(() => import("#web/features/review/review-page.tsx"), "ReviewPage"),
});

const trash = createRoute({
	getParentRoute: () => app,
	path: "/trash",
	component: lazyRouteComponent(() => import("#web/features/library/trash-page.tsx"), "TrashPage"),
});

const admin = createRoute({
	getParentRoute: () => app,
	path: "/admin",
	component: lazyRouteComponent(() => import("#web/features/admin/admin-page.tsx"), "AdminPage"),
});

const settings = createRoute({
	getParentRoute: () => app,
	path: "/settings",
	component: lazyRouteComponent(() => import("#web/features/settings/settings-page.tsx"), "SettingsPage"),
});

export const router = createRouter({
	routeTree: root.addChildren([
		account.addChildren([signIn, signInByGoogle, signUp, confirm, forgot]),
		app.addChildren([
			library,
			search,
			albums,
			album,
			tags,
			duplicates,
			review,
			chat,
			chatSession,
			trash,
			admin,
			settings,
		]),
	]),
	defaultPreload: "intent",
	scrollRestoration: true,
	defaultPendingComponent: () => <Loading />,
	defaultErrorComponent: ({ error, reset }) => <Failure error={error as Error} onRetry={reset} />,
});

declare module "@tanstack/react-router" {
	interface Register {
		router: typeof router;
	}
}
