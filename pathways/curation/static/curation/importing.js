// Asks for one step of the dry run after the other, and shows how far it is. Without it, a button does the same.

const form = document.getElementById("step-form");
const bar = document.getElementById("progress");
const said = document.getElementById("progress-said");

async function step() {
  const data = new FormData(form);
  data.set("action", "step");
  const response = await fetch(location.href, { method: "POST", body: data, headers: { Accept: "application/json" } });
  if (!response.ok) {
    // The button stays, to go on by hand.
    form.hidden = false;
    return;
  }
  const progress = await response.json();
  bar.value = progress.done;
  said.textContent = progress.said;
  if (progress.state === "checking") {
    step();
  } else {
    location.reload();
  }
}

form.hidden = true;
step().catch(() => {
  form.hidden = false;
});
