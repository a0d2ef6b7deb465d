// A file input that sends its file in pieces. The next piece goes only when the last one has arrived, so that
// a slow line stays usable, progress is true, and after a lost connection the upload goes on where it was.
const PIECE = 2 ** 21 // bytes
const PATIENCE = 5000 // ms until a piece is sent again
const ADVICE = "CSV or Parquet. Choose one, or drop it here."

// A page that comes back after a lost connection renders anew: the upload of the page outlives that.
let upload = null

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(1)
const make = (kind, properties) => Object.assign(document.createElement(kind), properties)

export function render({ model, el }) {
  const input = make("input", { type: "file", id: "file", accept: ".csv,.tsv,.txt,.parquet,.pq" })
  const label = make("label", { htmlFor: "file", textContent: "Explore a file of your own" })
  const said = make("p", { id: "said", textContent: ADVICE })
  const bar = make("progress", { max: 1, value: 0, hidden: true, ariaLabel: "Upload" })
  input.setAttribute("aria-describedby", "said")
  el.append(label, input, bar, said)

  let answered = () => {}
  model.on("msg:custom", (message) => answered(message))

  const exchange = (message) =>
    new Promise((done) => {
      answered = done
      setTimeout(() => done(null), PATIENCE)
      model.send_msg(message)
    })

  const send = async (mine) => {
    const { file, id } = mine
    bar.hidden = false
    do {
      const piece = await file.slice(mine.received, mine.received + PIECE).arrayBuffer()
      const answer = await exchange({ id, name: file.name, size: file.size, start: mine.received, piece })
      if (upload !== mine || !el.isConnected) return
      if (answer?.id === id) mine.received = answer.received
      bar.value = mine.received / Math.max(1, file.size)
      said.textContent = `${file.name}: ${megabytes(mine.received)} of ${megabytes(file.size)} MB`
    } while (mine.received < file.size)
    end(ADVICE)
  }

  const end = (text) => {
    upload = null
    bar.hidden = true
    said.textContent = text
    input.value = ""
  }

  const start = () =>
    send(upload).catch((error) => end(`${upload.file.name} could not be read: ${error.message}`))

  input.addEventListener("change", () => {
    const [file] = input.files
    if (!file) return
    upload = { file, id: crypto.getRandomValues(new Uint32Array(2)).join("-"), received: 0 }
    start()
  })
  if (upload) start()
}
