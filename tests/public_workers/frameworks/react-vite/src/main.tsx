import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

function App() {
  const [name, setName] = useState("__RELEASE__");
  useEffect(() => void fetch("/api/").then((answer) => answer.json()).then((data) => setName(data.name)), []);
  return <h1>{name}</h1>;
}

createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>);
