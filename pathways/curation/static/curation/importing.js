// Asks for one step of the dry run after the other, and shows how far it is. Without it, a button does the same.

const form = document.getElementById("step-form");
const bar = document.getElementById("progress");
const said = document.getElementById("progress-said");

async function step() {
  const data = new FormData(form);
  data.set("action", "step");
  const response = await fetch(location.href, { method: "POST", body: data, headers: { Accept: "application/json" } });
  if (!response.ok) {
    byHand();
    return;
  }
  const progress = await response.json();
  bar.value = progress.done;
  said.textContent = progress.said;
  if (progress.state === "checking") {
    // Who edits meanwhile gets a turn.
    setTimeout(() => step().catch(byHand), 200);
  } else {
    location.reload();
  }
}

function byHand() {
  form.hidden = false;
}

form.hidden = true;
step().catch(byHand);
