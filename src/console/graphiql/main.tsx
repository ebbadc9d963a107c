import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./main.css";
import { createRoot } from "react-dom/client";
import { Explorer } from "./Explorer.tsx";

// Removes what earlier versions stored: a key must not be in a browser's storage.
localStorage.removeItem("signalbox:authorization");
if (localStorage.getItem("graphiql:tabState")?.includes("Authorization")) {
  localStorage.removeItem("graphiql:tabState");
}
const root = document.getElementById("root");
if (!root) throw new Error("graphiql.html has no #root");
createRoot(root).render(<Explorer />);
